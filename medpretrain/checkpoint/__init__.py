"""What a saved run is: format, paths and marker, read and write at any topology, retention, verification."""
