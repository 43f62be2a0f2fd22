"""The legacy feed ends."""

from alembic import op

revision = "retirement"
down_revision = "alterations"


def upgrade():
    op.execute("SELECT deltashare.revoke_select('legacy_feed', 'old_partner')")
    op.execute("SELECT deltashare.remove_from_share('legacy_feed', 'main.sales.invoices')")
    op.execute("SELECT deltashare.drop_share('legacy_feed')")
    op.execute("SELECT deltashare.drop_recipient('old_partner')")
    op.execute("SELECT deltashare.remove_from_share('partner_sales', 'main.sales.customers')")


def downgrade():
    op.execute("SELECT name FROM deltashare.add_to_share('partner_sales', 'main.sales.customers', history => false)")
    op.execute("SELECT name FROM deltashare.create_recipient('old_partner', comment => 'Until May')")
    op.execute("SELECT name FROM deltashare.create_share('legacy_feed', comment => 'Nightly export')")
    op.execute(
        "SELECT name FROM deltashare.add_to_share('legacy_feed', ARRAY['main.sales.orders', 'main.sales.invoices'])"
    )
    op.execute("SELECT deltashare.grant_select('legacy_feed', 'old_partner')")
