"""The decoder, its initialisation, loss, layout table, parameter and FLOP counts."""
