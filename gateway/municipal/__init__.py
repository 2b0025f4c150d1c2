"""The municipal cloud (自治体ポイント管理クラウド) behind the API: staff, rules of points, grants, shops, settlement."""
