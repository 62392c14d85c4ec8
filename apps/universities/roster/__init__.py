"""From a file to people: columns mapped, rows checked one by one, staged in a table of the transaction, written as sets."""
