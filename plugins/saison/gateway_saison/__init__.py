"""セゾン: 永久不滅ポイント and 永久不滅ウォレット become support points, by an account link."""

from gateway_saison.plugin import Saison

__all__ = ["Saison"]
