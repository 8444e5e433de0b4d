"""The store on a relational database, through oslo.db."""
