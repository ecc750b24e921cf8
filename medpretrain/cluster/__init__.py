"""The machines of a run: hostfiles, health of hosts, GPUs and links, where the wall time went, and what schedulers are given."""
