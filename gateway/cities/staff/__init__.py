"""Staff of a city or shop: accounts, sign-in, second factors."""
