"""MongoDB and the image store: the only importers of motor, pymongo and obstore."""
