"""The folder of the real data, and a server on this machine that stands in for the originals'."""

import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def data_home():
    """The folder of the real data; where it is named but incomplete the tests fail."""
    folder = os.environ.get("FA_SKLEARN_DATA")
    if not folder:
        pytest.skip("FA_SKLEARN_DATA, the folder of the real data, is not set")
    return Path(folder)


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        status, body, announced = self.server.answer
        self.send_response(status)
        self.send_header("Content-Length", str(announced))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


class Server(ThreadingHTTPServer):
    """Answers every request with what `serve` was given last."""

    def serve(self, body, status=200, announced=None):
        self.answer = status, body, len(body) if announced is None else announced

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}/original.tar.gz"


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("no_proxy", "*")
    with Server(("127.0.0.1", 0), _Handler) as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.01,))
        thread.start()
        yield running
        running.shutdown()
        thread.join()
