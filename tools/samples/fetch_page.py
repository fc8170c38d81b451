#!/usr/bin/python3
"""Starts the page, fetches it once as a browser would, prints what it saw, and stops it.

    fetch_page.py PROGRAM HOME PORT
"""
import json
import re
import signal
import subprocess
import sys
import urllib.request

QUERY = "кошка"


def fetch(url, body=None):
    data = json.dumps(body).encode() if body is not None else None
    with urllib.request.urlopen(urllib.request.Request(url, data), timeout=30) as answer:
        return answer.status, answer.headers.get_content_type(), answer.read()


def look(base):
    status, kind, page = fetch(base)
    title = re.search(rb"<title>(.*?)</title>", page, re.DOTALL)
    print(f"GET  /                         {status}  {kind}, {len(page)} bytes, "
          f"\"{title.group(1).decode().strip() if title else ''}\"")
    status, kind, body = fetch(base + "api/v1/collections")
    names = ", ".join(f"{c['name']} ({c['items']} pictures)" for c in json.loads(body)["collections"])
    print(f"GET  /api/v1/collections       {status}  {names}")
    status, kind, body = fetch(base + "api/v1/search", {"text": QUERY, "k": 3})
    answer = json.loads(body)
    best = ", ".join(f"{hit['path'].rsplit('/', 1)[-1]} {hit['score']:.2f}" for hit in answer["results"])
    print(f"POST /api/v1/search {QUERY}      {status}  {best}; {answer['took_ms']['total']:.0f} ms")
    status, kind, body = fetch(f"{base}api/v1/items/{answer['results'][0]['item']}/thumbnail")
    print(f"GET  /api/v1/items/.../thumbnail {status}  {kind}, {len(body)} bytes")


def main():
    program, home, port = sys.argv[1:]
    server = subprocess.Popen([program, "serve", "--home", home, "--listen", f"127.0.0.1:{port}"],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    try:
        base = server.stdout.readline().strip()
        if not base.startswith("http://"):
            sys.exit(f"fetch_page.py: the server did not start: {base!r}")
        print(f"\nStandard input is no terminal, so the page is fetched once ({base}):", flush=True)
        look(base)
    finally:
        server.send_signal(signal.SIGTERM)
        status = server.wait(30)
    print(f"stopped with status {status}; './dev demo --serve' keeps it up")
    sys.exit(status)


if __name__ == "__main__":
    main()
