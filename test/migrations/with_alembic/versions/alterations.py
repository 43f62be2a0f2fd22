"""Other owner, other name, other properties."""

import sqlalchemy as sa
from alembic import op

revision = "alterations"
down_revision = "recipients"

COMMENT = "Größe: 100 % of the \"orders\", it's :all {yes} \\ 東京"

recipients = sa.table("recipients", sa.column("name"), schema="sharing")


def upgrade():
    op.execute("SELECT deltashare.alter_share('partner_sales', comment => 'Sales for partners', owner => 'data_stewards')")
    op.execute("SELECT deltashare.alter_share('operations', rename_to => 'staff')")
    op.execute(
        "SELECT deltashare.alter_share_object('partner_sales', 'main.sales.orders', comment => 'Orders since 2020')"
    )
    op.execute(
        "SELECT deltashare.alter_share_object('partner_sales', 'main.sales.daily', "
        "partitions => deltashare.partition_filter('region', recipient_property => 'country'))"
    )
    op.execute(
        "SELECT name FROM deltashare.alter_recipient('acme', comment => 'ACME SE', ip_access_list => '{198.51.100.0/24}', "
        """properties => '{"tier": null, "country": "AT"}', owner => 'data_stewards')"""
    )
    op.execute(sa.update(recipients).where(recipients.c.name == "sister").values(name="sister_company"))
    op.execute("SELECT deltashare.revoke_select('legacy_feed', 'acme')")


def downgrade():
    op.execute("SELECT deltashare.grant_select('legacy_feed', 'acme')")
    op.execute(sa.update(recipients).where(recipients.c.name == "sister_company").values(name="sister"))
    op.execute(
        "SELECT name FROM deltashare.alter_recipient('acme', comment => 'ACME Corporation', "
        r"ip_access_list => '{203.0.113.0/24, 2001\:db8\:\:/32}', "
        """properties => '{"tier": "gold", "country": "DE"}', owner => 'data_owners')"""
    )
    op.execute(
        "SELECT deltashare.alter_share_object('partner_sales', 'main.sales.daily', "
        "partitions => deltashare.partition_filter('region', 'EMEA'))"
    )
    op.execute("SELECT deltashare.alter_share_object('partner_sales', 'main.sales.orders', comment => 'All orders')")
    op.execute("SELECT deltashare.alter_share('staff', rename_to => 'operations')")
    op.get_bind().execute(
        sa.text("SELECT deltashare.alter_share('partner_sales', comment => :comment, owner => 'data_owners')"),
        {"comment": COMMENT},
    )
