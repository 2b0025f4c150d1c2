"""One process that runs the contract kit for every plugin that a test makes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.testkit.contract_runs import ContractRuns, Run


@pytest.fixture(scope="session")
def contract_of() -> Iterator[Run]:
    """`contract_of(folder, *options)`: what the contract tests of a plugin's folder come to."""
    runs = ContractRuns()
    yield runs.run
    runs.close()
