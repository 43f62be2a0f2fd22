"""What the shares hold."""

from alembic import op

revision = "objects"
down_revision = "shares"


def upgrade():
    op.execute(
        "SELECT name FROM deltashare.add_to_share('partner_sales', 'main.sales.orders', alias => 'public.orders', "
        "comment => 'All orders')"
    )
    op.execute(
        "SELECT name FROM deltashare.add_to_share('partner_sales', 'main.sales.daily', alias => 'public.daily', cdf => true, "
        "partitions => deltashare.partition_filter('region', 'EMEA'))"
    )
    op.execute("SELECT name FROM deltashare.add_to_share('partner_sales', 'main.sales.customers', history => false)")
    op.execute(
        "SELECT name FROM deltashare.add_to_share('operations', 'main.hr.people', alias => 'staff.people', "
        "partitions => deltashare.partition_filter('country', recipient_property => 'country'))"
    )
    op.execute("SELECT name FROM deltashare.add_to_share('operations', 'main.sales.orders_view', type => 'VIEW')")
    op.execute(
        "SELECT name FROM deltashare.add_to_share('legacy_feed', ARRAY['main.sales.orders', 'main.sales.invoices'])"
    )


def downgrade():
    op.execute("SELECT deltashare.remove_from_share('legacy_feed', 'main.sales.invoices')")
    op.execute("SELECT deltashare.remove_from_share('legacy_feed', 'main.sales.orders')")
    op.execute("DELETE FROM sharing.share_objects WHERE share_name IN ('operations', 'partner_sales')")
