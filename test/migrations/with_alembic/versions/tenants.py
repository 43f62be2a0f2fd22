"""A share for every tenant."""

import sqlalchemy as sa
from alembic import op

revision = "tenants"
down_revision = "declared"

TENANTS = ({"name": "globex", "email": "data@globex.example"}, {"name": "initech", "email": "it@initech.example"})


def upgrade():
    tenants = op.create_table(
        "tenants",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("email", sa.Text, nullable=False),
        sa.Column("share_name", sa.Text),
    )
    op.bulk_insert(tenants, list(TENANTS))
    op.execute(
        "UPDATE tenants SET share_name = "
        "(deltashare.setup_tenant(name, ARRAY['main.sales.orders', 'main.sales.customers'], email => email)).share_name"
    )


def downgrade():
    op.execute("SELECT d.share_name FROM tenants t, deltashare.drop_tenant(t.name) d")
    op.drop_table("tenants")
