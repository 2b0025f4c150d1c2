"""Who a member is: MyKey IDs, passwords, lock-outs, the card, and the sessions that come of them."""
