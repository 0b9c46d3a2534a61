"""The m9 base: its settings, provisioning documents, web pages, log, and the journal that puts settings back."""
