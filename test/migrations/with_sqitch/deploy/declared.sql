-- Deploy sharing:declared to pg
BEGIN;

SELECT action, kind, share_name FROM deltashare.apply_config($config$
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
$config$);

COMMIT;
