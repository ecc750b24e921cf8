"""De-identification: finding what names a person in a text, replacing it, and a record of what was replaced that cannot be edited."""
