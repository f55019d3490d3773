"""queries.py SERVER METRICS DASHBOARD ALERTS: fails if the dashboard or the alerts ask for a metric that METRICS, the
text that was scraped, does not have, or if the Prometheus at SERVER refuses a query of the dashboard."""
import json
import re
import sys
import urllib.error
import urllib.parse
import urllib.request

server, metrics, dashboard, alerts = sys.argv[1:]
scraped = open(metrics).read()
known = set(re.findall(r"^([a-z_]+)[{ ]", scraped, re.M)) | set(re.findall(r'([a-z_]+)="', scraped))
failures = []

for path in (dashboard, alerts):
    asked = set(re.findall(r"\b(?:heddle|db)_[a-z_]+", open(path).read()))
    failures += [f"{path}: there is no metric or label {name}" for name in sorted(asked - known)]
    if not asked:
        failures.append(f"{path} asks for nothing")

queries = [target["expr"] for panel in json.load(open(dashboard))["panels"] for target in panel["targets"]]
for query in queries:
    plain = query.replace("$job", ".*").replace("$instance", ".*").replace("$__rate_interval", "1m")
    try:
        url = f"{server}/api/v1/query?" + urllib.parse.urlencode({"query": plain})
        answer = json.load(urllib.request.urlopen(url, timeout=10))
        refused = answer["status"] != "success"
    except urllib.error.HTTPError:
        refused = True
    if refused:
        failures.append(f"{dashboard}: Prometheus refuses {query}")

print("\n".join(failures))
sys.exit(bool(failures) or not queries)
