"""One line for each request, without what addresses and headers may carry."""

from aiohttp import web
from aiohttp.abc import AbstractAccessLogger


class AccessLog(AbstractAccessLogger):
    """Logs method, path, status, bytes and duration; never a query, a header or an address."""

    def log(self, request: web.BaseRequest, response: web.StreamResponse, time: float) -> None:
        """Write the line; `time` is in seconds."""
        self.logger.info(
            "%s %s %d %d B %.0f ms",
            request.method,
            request.path,
            response.status,
            response.body_length,
            time * 1000,
        )
