"""How Alembic connects: with `-x per_migration=yes` each migration is a transaction, otherwise all of a command are one."""

import logging
from logging.config import fileConfig

import sqlalchemy as sa
from alembic import context

fileConfig(context.config.config_file_name, disable_existing_loggers=False)
LEVELS = {"WARNING": logging.WARNING, "NOTICE": logging.INFO}


def show_notice(notice):
    """Without this, psycopg keeps warnings to itself."""
    said = [notice.message_primary, notice.message_detail, notice.message_hint]
    level = LEVELS.get(notice.severity_nonlocalized, logging.DEBUG)
    logging.getLogger("postgresql").log(level, "%s", " ".join(text for text in said if text))


engine = sa.create_engine(context.config.get_main_option("sqlalchemy.url"), poolclass=sa.pool.NullPool)


@sa.event.listens_for(engine, "connect")
def show_notices(connection, _record):
    connection.add_notice_handler(show_notice)


with engine.connect() as connection:
    # two at once would undo each other's work; a lock of the session ends with it
    connection.execute(sa.text("SELECT pg_advisory_lock(hashtext('alembic'))"))
    connection.commit()
    per_migration = context.get_x_argument(as_dictionary=True).get("per_migration") == "yes"
    context.configure(connection=connection, transaction_per_migration=per_migration)
    with context.begin_transaction():
        context.run_migrations()
