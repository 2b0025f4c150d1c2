"""サンプル航空: miles that the airline has already taken, as coupon codes (クーポンコード), become support points."""

from gateway_airline_miles.plugin import AirlineMiles

__all__ = ["AirlineMiles"]
