"""An index by which applications are found of which an applicant is to be mailed."""

from migrations.concurrent_index import create_index, drop_index

revision = "0067_application_mail"
down_revision = "0069_carry_in_tidying"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Built beside those who write; an older release finds the same without it."""
    create_index("shop_applications_to_mail", "shop_applications", ["mail_due_at"])


def downgrade() -> None:
    """Take it away."""
    drop_index("shop_applications_to_mail", "shop_applications")
