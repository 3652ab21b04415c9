"""The reference camera: finds faces in frames and posts a few good crops of each over HTTP."""
