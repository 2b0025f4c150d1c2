"""Spending (利用): pay codes, payments, refunds."""
