"""Images in, faces and matches out. Knows models; knows nothing of HTTP, chat or Mongo."""
