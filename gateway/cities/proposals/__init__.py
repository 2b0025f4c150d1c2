"""Four eyes (提案・承認・差戻し): what one person of a city proposes, another one decides."""
