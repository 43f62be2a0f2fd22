"""Shares for partners and for our own staff."""

import sqlalchemy as sa
from alembic import op

revision = "shares"
down_revision = None

COMMENT = "Größe: 100 % of the \"orders\", it's :all {yes} \\ 東京"
CREATE = sa.text("SELECT name FROM deltashare.create_share(:name, comment => :comment, owner => :owner)")


def upgrade():
    shares = (
        {"name": "partner_sales", "comment": COMMENT, "owner": "data_owners"},
        {"name": "operations", "comment": "For our own staff", "owner": None},
        {"name": "legacy_feed", "comment": "Nightly export", "owner": None},
    )
    for share in shares:
        op.get_bind().execute(CREATE, share)


def downgrade():
    for name in ("legacy_feed", "operations", "partner_sales"):
        op.get_bind().execute(sa.text("SELECT deltashare.drop_share(:name)"), {"name": name})
