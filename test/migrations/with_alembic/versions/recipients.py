"""Who reads them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "recipients"
down_revision = "objects"

CREATE = sa.text(
    "SELECT name FROM deltashare.create_recipient(:name, comment => :comment, owner => :owner, sharing_id => :sharing_id, "
    "ip_access_list => CAST(:ip_access_list AS cidr[]), properties => :properties, email => :email)"
).bindparams(sa.bindparam("properties", type_=postgresql.JSONB))

grants = sa.table("grants", sa.column("share_name"), sa.column("recipient_name"), schema="sharing")
recipients = sa.table("recipients", sa.column("name"), sa.column("comment"), schema="sharing")

NOTHING = dict.fromkeys(("comment", "owner", "sharing_id", "ip_access_list", "email"))


def upgrade():
    op.get_bind().execute(
        CREATE,
        {
            "name": "acme",
            "comment": "ACME Corporation",
            "owner": "data_owners",
            "sharing_id": None,
            "ip_access_list": ["203.0.113.0/24", "2001:db8::/32"],
            "properties": {"country": "DE", "tier": "gold"},
            "email": "data@acme.example",
        },
    )
    sister = {"name": "sister", "sharing_id": "aws:eu-west-1:19a85dee-54bc-43a2-87ab-023d0ec16013"}
    op.get_bind().execute(CREATE, {**NOTHING, **sister, "properties": {"country": "AT"}})
    op.execute(sa.insert(recipients).values(name="old_partner", comment="Until May"))
    pairs = (
        ("partner_sales", "acme"),
        ("operations", "sister"),
        ("legacy_feed", "old_partner"),
        ("legacy_feed", "acme"),
        ("partner_sales", "sister"),
    )
    op.bulk_insert(grants, [{"share_name": share, "recipient_name": recipient} for share, recipient in pairs])


def downgrade():
    names = ("acme", "sister", "old_partner")
    op.execute(sa.delete(grants).where(grants.c.recipient_name.in_(names)))
    op.execute(sa.delete(recipients).where(recipients.c.name.in_(names)))
