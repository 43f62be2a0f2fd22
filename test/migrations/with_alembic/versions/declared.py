"""The analytics share, as it is declared."""

import sqlalchemy as sa
from alembic import op

revision = "declared"
down_revision = "retirement"

CONFIG = """
shares:
  - name: analytics
    comment: "Declared: figures for analysts"
    tables:
      - main.sales.orders
      - name: main.sales.daily
        alias: figures.daily
        history: false
        partitions:
          - values: [{name: region, value: EMEA}]
recipients:
  - name: analyst
    comment: Declared
    authentication_type: TOKEN
    properties: {country: DE}
grants:
  - share: analytics
    recipient: analyst
    permissions: [SELECT]
"""


def upgrade():
    op.get_bind().execute(sa.text("SELECT action FROM deltashare.apply_config(:config)"), {"config": CONFIG})


def downgrade():
    op.execute("SELECT deltashare.revoke_select('analytics', 'analyst')")
    op.execute("SELECT deltashare.drop_recipient('analyst')")
    op.execute("SELECT deltashare.drop_share('analytics')")
