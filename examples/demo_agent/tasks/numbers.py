"""Questions to the data."""

from __future__ import annotations

from demo_agent.agent import Agent, tool
from demo_agent.tasks.steps import rows


def affected_by_bands(agent: Agent) -> None:
    agent.user(
        "For PRT-103: which booked shipments sit exactly on a band limit? I need the number for each "
        "limit and the five customers with most of them. Read only."
    )
    count = agent.one(
        "By limit.",
        "csv_query",
        sql="SELECT grams, count(*) AS parcels FROM shipments WHERE grams IN "
        "(2000, 10000, 30000, 70000) GROUP BY grams ORDER BY grams",
    )
    top = agent.one(
        "By customer.",
        "csv_query",
        sql="SELECT customer, count(*) AS parcels, group_concat(id, ' ') AS ids FROM shipments WHERE "
        "grams IN (2000, 10000, 30000, 70000) GROUP BY customer ORDER BY parcels DESC, customer LIMIT 5",
    )
    own = agent.one(
        "And A-2219, who complained.",
        "csv_query",
        sql="SELECT id, grams, postcode, booked FROM shipments WHERE customer = 'A-2219' ORDER BY id",
    )
    exact = [row[0] for row in rows(own) if row[1] in ("2000", "10000", "30000", "70000")]
    agent.say(
        "PRT-103: shipments on a limit: "
        + ", ".join(f"{g} g: {n}" for g, n in rows(count))
        + ". Most of them: "
        + ", ".join(f"{row[0]} ({row[1]})" for row in rows(top))
        + f". A-2219 has {len(exact)} of them: {' '.join(exact) or 'none'}."
    )


PROFILE = """\
import collections, sys
from portage.manifest import read_manifest, split
from portage.quote import calc
import datetime
lines = collections.Counter()
def watch(frame, event, arg):
    if 'portage' not in frame.f_code.co_filename:
        return None
    if event == 'line':
        name = frame.f_code.co_filename.rsplit('/', 1)[-1]
        lines[name, getattr(frame.f_code, 'co_qualname', frame.f_code.co_name)] += 1
    return watch
sys.settrace(watch)
good, bad = split(read_manifest('data/shipments.csv'))
for row in good:
    calc(row, datetime.date(2025, 11, 3))
sys.settrace(None)
for (module, name), count in lines.most_common(12):
    print(f'{count:>8} {module} {name}')"""


def slowest_module(agent: Agent) -> None:
    agent.user(
        "PRT-108: importing the shipments of a day takes far too long. Which module is slowest? "
        "Do not measure seconds, this machine is noisy: count executed lines."
    )
    table = agent.one("I trace the import and the pricing, line by line.", "run_python", code=PROFILE)
    first, second = (line.split() for line in table.splitlines()[:2])
    agent.one(f"{first[1]} leads with {first[0]} lines.", "read_file", path=f"portage/{first[1]}")
    grow = agent.one(
        "It builds a list of all ids for each row. I count list items looked at when the day doubles.",
        "run_python",
        code="for n in (250, 500, 1000, 2000):\n"
        "    looked = sum(range(n))\n    print(f'{n} rows: {looked} ids copied')",
    )
    agent.say(
        f"PRT-108: {first[1]}, function {first[2]}: {first[0]} executed lines for "
        f"data/shipments.csv, next is {second[1]} {second[2]} with {second[0]}. `unique` copies all "
        f"ids so far for each row, so it grows with the square: {grow.splitlines()[1]}, "
        f"{grow.splitlines()[2]}."
    )


def audit_shipments(agent: Agent) -> None:
    agent.user(
        "PRT-110: audit data/shipments.csv. Doubles, missing fields, weights that cannot be. Give me "
        "ids, I will have the office correct them. Do not change the file."
    )
    double = agent.one(
        "Doubles first.",
        "csv_query",
        sql="SELECT id, count(*) AS times, group_concat(grams, ' / ') AS grams FROM shipments "
        "GROUP BY id HAVING count(*) > 1 ORDER BY id",
    )
    missing, weights = agent.act(
        f"{len(rows(double))} ids occur twice, each with another weight. Missing fields and weights:",
        tool(
            "csv_query",
            sql="SELECT id, customer, carrier, booked FROM shipments WHERE postcode = '' ORDER BY id",
        ),
        tool(
            "csv_query",
            sql="SELECT id, customer, grams FROM shipments WHERE grams <= 0 ORDER BY id",
        ),
    )
    heavy = agent.one(
        "Anything heavier than the largest band, or to an unknown zone?",
        "run_python",
        code="from portage.manifest import read_manifest, split\nfrom portage.zones import zone_of\n"
        "good, bad = split(read_manifest('data/shipments.csv'))\n"
        "print(len(good), 'good', len(bad), 'bad')\n"
        "print('too heavy:', [r['id'] for r in good if int(r['grams']) > 70_000])\n"
        "print('zones:', sorted({zone_of(r['postcode']) for r in good}))\n"
        "for row, wrong in bad:\n    print(row['id'], *wrong, sep=', ')",
    )
    agent.say(
        f"PRT-110: doubles {', '.join(r[0] for r in rows(double))} (the second row is 500 g heavier "
        f"each time); no postal code: {', '.join(r[0] for r in rows(missing))}; weight not positive: "
        f"{', '.join(r[0] for r in rows(weights))}. Together: {heavy.splitlines()[0]} rows. "
        "The file is unchanged."
    )


REFUNDS = """\
import datetime
from decimal import Decimal
from portage.manifest import read_manifest, split
from portage.money import whole
from portage.quote import price_shipment
from portage.surcharge import BULKY, BULKY_FROM_CM, FUEL
good, bad = split(read_manifest('data/shipments.csv'))
total, found = 0, []
for row in good:
    if int(row['longest_cm']) > BULKY_FROM_CM:
        quote = price_shipment(row, datetime.date(2025, 11, 3))
        extra = Decimal(quote.base) * Decimal(str(BULKY)) * Decimal(str(FUEL))
        found.append((row['customer'], row['id'], whole(extra)))
        total += whole(extra)
print(len(found), 'parcels', total, 'cents')
for customer, parcel, cents in sorted(found):
    print(customer, parcel, cents)"""


def refunds(agent: Agent) -> None:
    agent.user(
        "PRT-119: because of PRT-118 we owe money. List what each long parcel paid too much, whole "
        "cents, and the sum by customer. We refund customers with 50 cents or more, the rest gets a "
        "voucher."
    )
    out = agent.one("For every long parcel: fuel on its bulky surcharge.", "run_python", code=REFUNDS)
    head, *lines = out.splitlines()
    sums: dict[str, int] = {}
    for line in lines:
        customer, _, cents = line.split()
        sums[customer] = sums.get(customer, 0) + int(cents)
    refund = {name: cents for name, cents in sums.items() if cents >= 50}
    worst = max(sums, key=lambda name: sums[name])
    detail = agent.one(
        f"{head}. The largest sum is {worst} with {sums[worst]} cents; I look at its parcels.",
        "csv_query",
        sql=f"SELECT id, grams, longest_cm, carrier, booked FROM shipments WHERE customer = '{worst}' "
        "AND longest_cm > 120 ORDER BY booked",
    )
    agent.say(
        f"PRT-119: {head} in all. Refund (50 cents or more): "
        + ", ".join(f"{name} {cents}" for name, cents in sorted(refund.items()))
        + f". Voucher: {len(sums) - len(refund)} customers with less. The largest, {worst}, has "
        f"{len(rows(detail))} long parcels."
    )


def carriers(agent: Agent) -> None:
    agent.user(
        "PRT-120: which carriers are over the contract limit of the runbook in November? Doubles must "
        "not count twice. Names, not ids."
    )
    agent.one("The limit.", "search", pattern="contract", path="docs/")
    share = agent.one(
        "35 % of a month's shipments. Each id once, first row:",
        "csv_query",
        sql="WITH once AS (SELECT * FROM shipments WHERE booked LIKE '2025-11-%' GROUP BY id HAVING "
        "min(rowid)) SELECT c.name, count(*) AS parcels, round(100.0 * count(*) / (SELECT count(*) "
        "FROM once), 1) AS share FROM once o JOIN carriers c ON c.id = o.carrier GROUP BY c.name "
        "ORDER BY parcels DESC",
    )
    weeks = agent.one(
        "By week, to see whether it is growing.",
        "csv_query",
        sql="SELECT strftime('%W', booked) AS week, carrier, count(DISTINCT id) AS parcels FROM "
        "shipments GROUP BY week, carrier ORDER BY week, parcels DESC",
    )
    over = [row for row in rows(share) if float(row[2]) > 35]
    agent.say(
        "PRT-120: "
        + ", ".join(f"{r[0]} {r[2]} % ({r[1]} parcels)" for r in rows(share))
        + f". Over 35 %: {', '.join(r[0] for r in over)}; it needs a new contract, see PRT-88. It leads in "
        f"every week of the {len({r[0] for r in rows(weeks)})} weeks."
    )


def approvals(agent: Agent) -> None:
    agent.user(
        "PRT-125: orders above 25,000 cents need a second person. One order is all parcels of one "
        "customer on one day. How many orders of November need approval, and which is the largest?"
    )
    out = agent.one(
        "I price all good rows and add them up by customer and day.",
        "run_python",
        code="import datetime\nfrom collections import defaultdict\n"
        "from portage.manifest import read_manifest, split\n"
        "from portage.quote import APPROVAL_CENTS, price_shipment\n"
        "orders = defaultdict(list)\n"
        "for row in split(read_manifest('data/shipments.csv'))[0]:\n"
        "    quote = price_shipment(row, datetime.date.fromisoformat(row['booked']))\n"
        "    orders[row['customer'], row['booked']].append(quote.total)\n"
        "sums = sorted(((sum(v), len(v), *k) for k, v in orders.items()), reverse=True)\n"
        "print(len(sums), 'orders', sum(s[0] > APPROVAL_CENTS for s in sums), 'over', APPROVAL_CENTS)\n"
        "for cents, parcels, customer, day in sums[:15]:\n"
        "    print(customer, day, parcels, 'parcels', cents, 'cents')",
    )
    head, top = out.splitlines()[:2]
    customer, day = top.split()[:2]
    agent.one(
        f"{head}. The largest is {customer} on {day}.",
        "csv_query",
        sql=f"SELECT id, postcode, grams, longest_cm FROM shipments WHERE customer = '{customer}' "
        f"AND booked = '{day}' ORDER BY id",
    )
    agent.say(
        f"PRT-125: {head}. The largest order of November is {top}; its parcels are listed above. "
        "needs_approval looks at single quotes, so it never adds up an order; if orders are meant, "
        "that check belongs where orders are booked."
    )
