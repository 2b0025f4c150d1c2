"""Make the generated parts of `clients/` anew from the gateway's OpenAPI document: `make clients`.

`clients/openapi.json` is the document. From it come `models.py` (by datamodel-code-generator), `calls.py` with one
function an operation, and `problems.py` with one class a problem type. The TypeScript client's types are made from
the same file by openapi-typescript.
"""

from __future__ import annotations

import argparse
import json
import keyword
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

from datamodel_code_generator import DataModelType, InputFileType, LiteralType, generate
from datamodel_code_generator.format import DatetimeClassType, Formatter, PythonVersion

from gateway.app import whole_api
from gateway.http.openapi import openapi_document

ROOT: Final = Path(__file__).resolve().parent.parent
DOCUMENT: Final = ROOT / "clients" / "openapi.json"
GENERATED: Final = ROOT / "clients" / "python" / "point_gateway_client" / "generated"

Json = dict[str, Any]

_CHECKED_BY_THE_GATEWAY: Final = frozenset(
    ("pattern", "minLength", "maxLength", "minimum", "maximum", "minItems", "maxItems", "default")
)
_SCALARS: Final = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}
_BY_STATUS: Final = {
    400: "BadRequestProblem",
    401: "UnauthorizedProblem",
    403: "ForbiddenProblem",
    404: "NotFoundProblem",
    409: "ConflictProblem",
    413: "PayloadProblem",
    415: "PayloadProblem",
    422: "InvalidInputProblem",
    429: "TooManyProblem",
    500: "ServerProblem",
    503: "UnavailableProblem",
}
_NOTE: Final = (
    '"""{title}\n\nMade from the gateway\'s OpenAPI document by `make clients`; not written by hand.\n"""\n\n'
)


def document_text() -> str:
    """The document as it is stored: what the gateway serves, set out for reading."""
    return json.dumps(openapi_document(whole_api()), ensure_ascii=False, indent=1) + "\n"


def python_files(document: Json) -> dict[str, str]:
    """The generated modules by file name, formatted."""
    texts = {
        "models.py": _models(document),
        "calls.py": _calls(document),
        "problems.py": _problems(document),
    }
    return {name: _formatted(text) for name, text in texts.items()}


def _models(document: Json) -> str:
    schemas = document["components"]["schemas"]
    answers = _reached_from_answers(document)
    plain = {
        name: _plain(schema, complete=name in answers)
        for name, schema in schemas.items()
        if name != "Problem"
    }
    source = {"openapi": "3.1.0", "info": document["info"], "paths": {}, "components": {"schemas": plain}}
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "models.py"
        generate(
            json.dumps(source, ensure_ascii=False),
            input_file_type=InputFileType.OpenAPI,
            output=output,
            output_model_type=DataModelType.MsgspecStruct,
            base_class="point_gateway_client.messages.Message",
            target_python_version=PythonVersion.PY_311,
            output_datetime_class=DatetimeClassType.Datetime,
            enum_field_as_literal=LiteralType.All,
            formatters=[Formatter.BUILTIN],
            keyword_only=True,
            use_standard_collections=True,
            use_union_operator=True,
            use_annotated=True,
            use_schema_description=True,
            collapse_root_models=True,
            disable_timestamp=True,
            custom_file_header=_NOTE.format(title="What is sent and what is answered.").rstrip(),
        )
        # The generator freezes dataclasses only; mypy asks each class to say so again.
        return output.read_text("utf-8").replace(
            "(Message, kw_only=True", "(Message, frozen=True, kw_only=True"
        )


def _reached_from_answers(document: Json) -> set[str]:
    """Names of the schemas that answers are made of: the gateway always sends all of their members."""
    schemas = document["components"]["schemas"]
    waiting = [
        media["schema"]
        for _, _, operation in _operations(document)
        for status, response in operation["responses"].items()
        if status < "400"
        for media in response.get("content", {}).values()
        if "schema" in media
    ]
    names: set[str] = set()
    while waiting:
        for name in re.findall(r"#/components/schemas/(\w+)", json.dumps(waiting.pop())):
            if name not in names:
                names.add(name)
                waiting.append(schemas[name])
    return names


def _plain(schema: Any, *, complete: bool) -> Any:
    """Without the limits, which the gateway checks; with every member required where `complete`, as answers are.

    The words of an answer stay open: a newer gateway may say more, and what a client does not know is still an answer.
    """
    if isinstance(schema, list):
        return [_plain(part, complete=complete) for part in schema]
    if not isinstance(schema, dict):
        return schema
    left_out = _CHECKED_BY_THE_GATEWAY | ({"enum"} if complete else frozenset()) | {"properties"}
    plain = {name: _plain(part, complete=complete) for name, part in schema.items() if name not in left_out}
    if "properties" in schema:
        plain["properties"] = {
            name: _plain(part, complete=complete) for name, part in schema["properties"].items()
        }
        if complete:
            plain["required"] = list(schema["properties"])
    return plain


def _operations(document: Json) -> Iterator[tuple[str, str, Json]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def _calls(document: Json) -> str:
    common = _common_words(document)
    schemas = document["components"]["schemas"]
    functions = [
        _call(method, path, operation, schemas, common)
        for method, path, operation in _operations(document)
        if operation["security"]  # the others are for partners and browsers
    ]
    names = sorted(
        operation["operationId"] for _, _, operation in _operations(document) if operation["security"]
    )
    imports = (
        "from __future__ import annotations\n\n"
        "from datetime import date, datetime\n"
        "from types import NoneType\n"
        "from typing import Any, Literal\n\n"
        "from msgspec import UNSET, UnsetType\n\n"
        "from point_gateway_client.call import Call, File, file_call, json_call, path_part\n"
        "from point_gateway_client.generated import models\n\n"
    )
    note = _NOTE.format(
        title="One function an operation of the API: each makes a call, and a client sends it."
    )
    return note + imports + f"__all__ = {names!r}\n\n" + "\n\n".join(functions)


def _call(method: str, path: str, operation: Json, schemas: Json, common: set[str]) -> str:
    answer, others = _answers_of(operation)
    parameters = operation.get("parameters", ())
    in_path = [
        _Argument(entry["name"], _type(entry["schema"]), required=True)
        for entry in parameters
        if entry["in"] == "path"
    ]
    in_query = [
        _Argument(entry["name"], _type(entry["schema"]), required=entry["required"])
        for entry in parameters
        if entry["in"] == "query"
    ]
    content = operation.get("requestBody", {}).get("content", {})
    sent, maker = "", "json_call"
    in_body: list[_Argument] = []
    if "application/json" in content:
        model = content["application/json"]["schema"]["$ref"].rpartition("/")[2]
        in_body = list(_members(schemas[model]))
        fields = ", ".join(f"{entry.name}={entry.name}" for entry in in_body)
        sent = f", body=models.{model}({fields})"
    elif content:
        media_types = list(content)
        maker = "file_call"
        in_body = [_Argument("content", "bytes", required=True)]
        sent = f", content=content, media_type={media_types[0]!r}"
        if len(media_types) > 1:
            kinds = f"Literal[{', '.join(map(repr, media_types))}]"
            in_body.append(_Argument("media_type", kinds, required=False, default=repr(media_types[0])))
            sent = ", content=content, media_type=media_type"
    names = [entry.name for entry in (*in_path, *in_query, *in_body)]
    if len(set(names)) != len(names):
        raise ValueError(f"{operation['operationId']}: two inputs are called alike ({', '.join(names)})")
    keywords = sorted([*in_query, *in_body], key=lambda entry: not entry.required)
    arguments = ", ".join(
        [
            *(entry.declared() for entry in in_path),
            *(["*"] if keywords else []),
            *(entry.declared() for entry in keywords),
        ]
    )
    target = re.sub(r"\{(\w+)\}", r"{path_part(\1)}", path)
    quoted = f'f"{target}"' if in_path else f'"{path}"'
    query = (
        ", query={" + ", ".join(f'"{entry.name}": {entry.name}' for entry in in_query) + "}"
        if in_query
        else ""
    )
    session = any(name.endswith("Session") for name in operation["security"][0])
    kind = " | ".join(["None" if answer == "NoneType" else answer, *sorted(set(others.values()))])
    pairs = ", ".join(f"{status}: {other}" for status, other in sorted(others.items()))
    by_status = f", by_status={{{pairs}}}" if others else ""
    return (
        f"def {operation['operationId']}({arguments}) -> Call[{kind}]:\n"
        f"{_docstring(operation, common)}"
        f'    return {maker}("{method}", {quoted}, {answer}, session={session}{query}{sent}{by_status})\n'
    )


class _Argument:
    def __init__(self, name: str, kind: str, *, required: bool, default: str = "") -> None:
        if keyword.iskeyword(name) or not name.isidentifier():
            raise ValueError(f"{name}: cannot be the name of an argument")
        self.name, self.kind, self.required, self.default = name, kind, required, default

    def declared(self) -> str:
        if self.default:
            return f"{self.name}: {self.kind} = {self.default}"
        return (
            f"{self.name}: {self.kind}" if self.required else f"{self.name}: {self.kind} | UnsetType = UNSET"
        )


def _members(schema: Json) -> Iterator[_Argument]:
    required = schema.get("required", ())
    for name, member in schema["properties"].items():
        yield _Argument(name, _type(member), required=name in required)


def _docstring(operation: Json, common: set[str]) -> str:
    text = operation["summary"].rstrip(".") + "."
    if description := operation.get("description", ""):
        text += "\n\n" + "\n".join(f"    {line.strip()}".rstrip() for line in description.splitlines())
    words = [
        word for words in _words_by_status(operation).values() for word, _ in words if word not in common
    ]
    if words:
        text += f"\n\n    Refused with: {', '.join(words)}."
    end = "\n    " if "\n" in text else ""
    return f'    """{text}{end}"""\n'


def _answers_of(operation: Json) -> tuple[str, dict[int, str]]:
    """The usual answer, and those of other kinds by their status: a proposal (202) where a deed waits."""
    kinds: dict[int, str] = {}
    for status, response in operation["responses"].items():
        if status >= "400":
            continue
        content = response.get("content", {})
        if not content:
            kinds[int(status)] = "NoneType"
        elif "application/json" in content:
            kinds[int(status)] = "models." + content["application/json"]["schema"]["$ref"].rpartition("/")[2]
        else:
            kinds[int(status)] = "File"
    usual = kinds[min(kinds)]
    others = {status: kind for status, kind in kinds.items() if kind != usual}
    if set(others) - {202}:
        raise ValueError(f"{operation['operationId']}: answers with {sorted(set(kinds.values()))}")
    return usual, others


def _type(schema: Mapping[str, Any]) -> str:
    if "$ref" in schema:
        return "models." + str(schema["$ref"]).rpartition("/")[2]
    for several in ("anyOf", "oneOf"):
        if several in schema:
            kinds = [_type(part) for part in schema[several]]
            return " | ".join(dict.fromkeys(kind for whole in kinds for kind in whole.split(" | ")))
    if "const" in schema:
        return f"Literal[{schema['const']!r}]"
    if "enum" in schema:
        return f"Literal[{', '.join(map(repr, schema['enum']))}]"
    match schema.get("type"):
        case "array":
            return f"list[{_type(schema['items'])}]"
        case "object":
            values = schema.get("additionalProperties", True)
            return f"dict[str, {_type(values) if isinstance(values, dict) else 'Any'}]"
        case "string" if schema.get("format") in ("date", "date-time"):
            return "date" if schema["format"] == "date" else "datetime"
        case str(name):
            return _SCALARS[name]
        case _:
            return "Any"


def _words_by_status(operation: Json) -> dict[int, list[tuple[str, str]]]:
    """(word, title) of the problems that the operation answers with, by status."""
    problems: dict[int, list[tuple[str, str]]] = {}
    for status, response in operation["responses"].items():
        media = response.get("content", {}).get("application/problem+json")
        if media is None:
            continue
        uris = media["schema"]["allOf"][1]["properties"]["type"]["enum"]
        titles = response["description"].split("; ")
        if len(titles) != len(uris):
            titles = [HTTPStatus(int(status)).phrase] * len(uris)
        problems[int(status)] = [
            (uri.rpartition("/")[2], title) for uri, title in zip(uris, titles, strict=True)
        ]
    return problems


def _common_words(document: Json) -> set[str]:
    """Words that most operations answer with, and that say nothing of a single one."""
    operations = [operation for _, _, operation in _operations(document)]
    counts: dict[str, int] = {}
    for operation in operations:
        for words in _words_by_status(operation).values():
            for word, _ in words:
                counts[word] = counts.get(word, 0) + 1
    return {word for word, count in counts.items() if count > len(operations) / 4}


def _problems(document: Json) -> str:
    kinds = {
        word: (status, title)
        for _, _, operation in _operations(document)
        for status, words in _words_by_status(operation).items()
        for word, title in words
    }
    classes = []
    for word, (status, title) in sorted(kinds.items()):
        base = _BY_STATUS.get(status, "Problem")
        classes.append(f'class {_class_name(word)}({base}):\n    """{title}."""\n\n    word = "{word}"\n')
    bases = ", ".join(
        sorted({"Problem", *(_BY_STATUS.get(status, "Problem") for status, _ in kinds.values())})
    )
    table = ", ".join(f'"{word}": {_class_name(word)}' for word in sorted(kinds))
    return (
        _NOTE.format(title="The problem types of the API, a class each.")
        + "from __future__ import annotations\n\nfrom collections.abc import Mapping\nfrom typing import Final\n\n"
        + f"from point_gateway_client.errors import {bases}\n\n"
        + "\n\n".join(classes)
        + f"\n\nKINDS: Final[Mapping[str, type[Problem]]] = {{{table}}}\n"
    )


def _class_name(word: str) -> str:
    return "".join(part.capitalize() for part in word.split("-"))


def _formatted(text: str) -> str:
    for arguments in (["check", "--quiet", "--select", "I,F401", "--fix-only"], ["format", "--quiet"]):
        command = [
            sys.executable,
            "-m",
            "ruff",
            *arguments,
            "--no-cache",
            "--stdin-filename",
            str(GENERATED / "x.py"),
            "-",
        ]
        text = subprocess.run(  # noqa: S603  our own formatter on our own text
            command, input=text, capture_output=True, text=True, check=True, cwd=ROOT, encoding="utf-8"
        ).stdout
    return text


def main() -> int:
    argparse.ArgumentParser(description=__doc__).parse_args()
    text = document_text()
    DOCUMENT.write_text(text, "utf-8")
    for name, module in python_files(json.loads(text)).items():
        (GENERATED / name).write_text(module, "utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
