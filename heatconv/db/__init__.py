"""The store on a relational database, accessed through oslo.db."""
