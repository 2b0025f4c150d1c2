"""The municipal cloud (自治体ポイント管理クラウド): staff, grants, shops, spending, settlement, statistics. Nothing below imports it."""
