"""A test workspace: the sharing part of the Databricks REST API, in memory, strict, and able to misbehave on order."""
