#!/usr/bin/env python3
"""Writes seeds/*.csv: three years in the life of Jaffle House, the same bytes on every run.

Everything comes from one seeded generator and from `DAYS`; nothing asks for the time. Moments are UTC, written without a zone.
Whatever can be computed (basket totals, points, lifetime value) is left to the models.
"""

import bisect
import csv
import datetime as dt
import pathlib
import random
from zoneinfo import ZoneInfo

R = random.Random(20261130)
FIRST, LAST = dt.date(2024, 1, 1), dt.date(2026, 11, 30)
DAYS = [FIRST + dt.timedelta(days=n) for n in range((LAST - FIRST).days + 1)]
UTC = dt.timezone.utc
SEEDS = pathlib.Path(__file__).parent / "seeds"

ZONES = {"BE": "Europe/Brussels", "NL": "Europe/Amsterdam", "LU": "Europe/Luxembourg", "DK": "Europe/Copenhagen",
         "NO": "Europe/Oslo", "SE": "Europe/Stockholm", "PT": "Europe/Lisbon", "ES": "Europe/Madrid",
         "CH": "Europe/Zurich", "AT": "Europe/Vienna", "IE": "Europe/Dublin", "GB": "Europe/London"}

# name, city, country, region, format, opening day, seats, square metres, open, weight
STORES = [
    ("Korenmarkt", "Ghent", "BE", "Benelux", "flagship", "2019-04-06", 64, 210, True, 2.4),
    ("Dampoort", "Ghent", "BE", "Benelux", "station", "2020-09-12", 12, 48, True, 1.7),
    ("Sint-Jacobs", "Ghent", "BE", "Benelux", "corner", "2022-03-05", 28, 86, True, 1.2),
    ("Dansaert", "Brussels", "BE", "Benelux", "flagship", "2021-05-15", 52, 180, True, 1.9),
    ("Flagey", "Brussels", "BE", "Benelux", "corner", "2023-02-18", 34, 95, True, 1.3),
    ("Groenplaats", "Antwerp", "BE", "Benelux", "corner", "2022-10-01", 30, 92, True, 1.3),
    ("Antwerpen-Centraal", "Antwerp", "BE", "Benelux", "station", "2023-06-10", 10, 40, True, 1.5),
    ("Oude Markt", "Leuven", "BE", "Benelux", "kiosk", "2024-04-20", 0, 18, True, 0.8),
    ("De Pijp", "Amsterdam", "NL", "Benelux", "corner", "2023-09-02", 26, 78, True, 1.2),
    ("Jordaan", "Amsterdam", "NL", "Benelux", "corner", "2024-06-15", 22, 70, True, 1.0),
    ("Rotterdam CS", "Rotterdam", "NL", "Benelux", "station", "2024-09-07", 8, 36, True, 1.1),
    ("Neude", "Utrecht", "NL", "Benelux", "kiosk", "2025-03-22", 4, 20, True, 0.7),
    ("Grund", "Luxembourg", "LU", "Benelux", "corner", "2025-05-10", 24, 74, True, 0.8),
    ("Alfama", "Lisbon", "PT", "Iberia", "corner", "2023-04-01", 44, 96, True, 1.3),
    ("Cais do Sodré", "Lisbon", "PT", "Iberia", "station", "2024-03-16", 14, 44, True, 1.1),
    ("Ribeira", "Porto", "PT", "Iberia", "flagship", "2024-05-25", 58, 170, True, 1.4),
    ("Bolhão", "Porto", "PT", "Iberia", "kiosk", "2025-02-08", 2, 16, True, 0.6),
    ("Casco Viejo", "Bilbao", "ES", "Iberia", "corner", "2024-10-12", 40, 88, True, 1.0),
    ("Ensanche", "Bilbao", "ES", "Iberia", "corner", "2025-06-07", 20, 66, True, 0.7),
    ("Nørrebro", "Copenhagen", "DK", "Nordics", "corner", "2026-03-14", 36, 104, True, 1.9),
    ("Vesterbro", "Copenhagen", "DK", "Nordics", "corner", "2024-08-31", 30, 90, True, 1.1),
    ("Grünerløkka", "Oslo", "NO", "Nordics", "corner", "2024-11-09", 28, 84, True, 0.9),
    ("Oslo S", "Oslo", "NO", "Nordics", "station", "2025-04-26", 6, 34, True, 0.9),
    ("Södermalm", "Stockholm", "SE", "Nordics", "flagship", "2025-01-18", 48, 150, True, 1.2),
    ("Wiedikon", "Zurich", "CH", "Alps", "corner", "2024-02-24", 24, 72, True, 1.0),
    ("Zürich HB", "Zurich", "CH", "Alps", "station", "2025-08-30", 8, 30, True, 1.0),
    ("Neubau", "Vienna", "AT", "Alps", "corner", "2024-07-13", 32, 98, True, 0.9),
    ("Stoneybatter", "Dublin", "IE", "Isles", "corner", "2024-09-28", 26, 80, True, 0.9),
    ("Leith Walk", "Edinburgh", "GB", "Isles", "corner", "2025-10-04", 30, 94, True, 0.8),
    ("Ancoats", "Manchester", "GB", "Isles", "kiosk", "2026-10-10", 6, 22, True, 0.6),
    ("Patershol", "Ghent", "BE", "Benelux", "kiosk", "2021-06-01", 6, 24, False, 0.5),
    ("Gran Vía", "Madrid", "ES", "Iberia", "station", "2024-01-27", 10, 38, False, 0.7),
]
CLOSED = {"Patershol": dt.date(2025, 8, 31), "Gran Vía": dt.date(2026, 1, 31)}

# name, category, family, seasonal, vegan, price, cost, first day, last day, weight, season (months)
PRODUCTS = [
    ("Espresso", "coffee", "espresso", 0, 1, 2.4, 0.52, "2019-04-06", 8, None),
    ("Doppio", "coffee", "espresso", 0, 1, 3.0, 0.84, "2019-04-06", 4, None),
    ("Flat white", "coffee", "flat white", 0, 0, 3.9, 1.08, "2019-04-06", 16, None),
    ("Cappuccino", "coffee", "cappuccino", 0, 0, 3.7, 1.02, "2019-04-06", 14, None),
    ("Latte", "coffee", "latte", 0, 0, 4.1, 1.15, "2019-04-06", 12, None),
    ("Cortado", "coffee", "cortado", 0, 0, 3.4, 0.92, "2021-03-01", 6, None),
    ("Filter of the day", "coffee", "filter", 0, 1, 3.2, 0.61, "2020-02-01", 7, None),
    ("Cold brew", "coffee", "cold brew", 0, 1, 4.3, 0.88, "2021-05-01", 5, (4, 5, 6, 7, 8, 9)),
    ("Mocha", "coffee", "mocha", 0, 0, 4.4, 1.38, "2019-10-01", 4, None),
    ("Pumpkin latte", "coffee", "latte", 1, 0, 4.8, 1.52, "2026-09-07", 9, (9, 10, 11)),
    ("Iced oat shaken espresso", "coffee", "espresso", 1, 1, 4.9, 1.41, "2026-06-05", 7, (6, 7, 8, 9)),
    ("Gingerbread cappuccino", "coffee", "cappuccino", 1, 0, 4.6, 1.36, "2025-11-03", 8, (11, 12)),
    ("Breakfast tea", "tea", "black tea", 0, 1, 2.9, 0.35, "2019-04-06", 5, None),
    ("Sencha", "tea", "green tea", 0, 1, 3.1, 0.46, "2020-04-01", 3, None),
    ("Chai latte", "tea", "chai", 0, 0, 4.2, 1.05, "2020-10-01", 4, None),
    ("Matcha latte", "tea", "matcha", 0, 0, 4.7, 1.66, "2024-05-01", 5, None),
    ("Fresh mint", "tea", "infusion", 0, 1, 3.3, 0.58, "2019-04-06", 3, None),
    ("Ham & gruyère jaffle", "jaffle", "sourdough", 0, 0, 6.9, 2.62, "2019-04-06", 12, None),
    ("Three cheese jaffle", "jaffle", "sourdough", 0, 0, 6.5, 2.31, "2019-04-06", 12, None),
    ("Mushroom & thyme jaffle", "jaffle", "rye", 0, 1, 6.8, 2.12, "2022-09-01", 7, None),
    ("Bean & chilli jaffle", "jaffle", "sourdough", 0, 1, 6.4, 1.88, "2024-02-01", 6, None),
    ("Egg & bacon jaffle", "jaffle", "brioche", 0, 0, 7.2, 2.75, "2020-06-01", 9, None),
    ("Asparagus jaffle", "jaffle", "sourdough", 1, 0, 7.6, 2.95, "2026-04-13", 8, (4, 5, 6)),
    ("Tomato & basil jaffle", "jaffle", "focaccia", 1, 1, 7.1, 2.24, "2026-06-15", 8, (6, 7, 8, 9)),
    ("Pumpkin & feta jaffle", "jaffle", "rye", 1, 0, 7.4, 2.58, "2026-09-07", 9, (9, 10, 11)),
    ("Croissant", "pastry", "viennoiserie", 0, 0, 2.6, 0.94, "2019-04-06", 12, None),
    ("Pain au chocolat", "pastry", "viennoiserie", 0, 0, 2.9, 1.08, "2019-04-06", 8, None),
    ("Cinnamon bun", "pastry", "bun", 0, 0, 3.6, 1.12, "2021-01-15", 8, None),
    ("Cardamom bun", "pastry", "bun", 0, 0, 3.7, 1.14, "2024-08-31", 5, None),
    ("Banana bread", "pastry", "loaf", 0, 1, 3.4, 0.98, "2020-05-01", 6, None),
    ("Pastel de nata", "pastry", "tart", 0, 0, 2.4, 0.81, "2023-04-01", 6, None),
    ("Vegan brownie", "pastry", "brownie", 0, 1, 3.5, 1.05, "2022-02-01", 5, None),
    ("Lemon polenta cake", "pastry", "cake", 1, 0, 4.1, 1.32, "2026-05-18", 5, (5, 6, 7, 8)),
    ("Speculoos cheesecake", "pastry", "cake", 1, 0, 4.5, 1.58, "2026-10-26", 6, (10, 11, 12)),
    ("House blend 250 g", "beans", "blend", 0, 1, 9.5, 4.35, "2019-04-06", 2, None),
    ("Yirgacheffe 250 g", "beans", "single origin", 0, 1, 13.5, 6.9, "2022-04-01", 1, None),
    ("Decaf 250 g", "beans", "blend", 0, 1, 10.5, 5.05, "2023-01-10", 1, None),
    ("Keep cup", "merchandise", "cup", 0, 1, 14.0, 6.2, "2020-01-10", 1, None),
    ("Jaffle iron", "merchandise", "iron", 0, 1, 39.0, 21.5, "2024-11-20", 0.4, None),
    ("Tote bag", "merchandise", "bag", 0, 1, 8.0, 2.9, "2021-11-01", 0.6, None),
    ("Festival sample cup", "merchandise", "cup", 1, 1, None, 0.3, "2026-07-01", 0.2, (7, 8)),
    ("Kimchi jaffle", "jaffle", "rye", 1, 1, 7.5, 2.4, "2026-11-23", 0, None),
]

CODES = {"WELCOME10": 10, "APP15": 15, "SPRING25": 15, "SPRING26": 15, "SPRING26-DUO": 20, "SUMMER25": 10, "SUMMER26": 10,
         "CREMA-GOLD": 20, "CREMABIRTHDAY": 25, "LOYAL20": 20, "STAFF30": 30, "TEST99": 99}
MAIN = {"counter": 0.52, "kiosk": 0.16, "app": 0.2, "delivery": 0.12}
HOURS = [0, 0, 0, 0, 0, 0, 3, 9, 14, 12, 8, 6, 8, 8, 6, 5, 5, 5, 4, 3, 2, 1.5, .6, 0]


def write(name, header, rows):
    with open(SEEDS / f"{name}.csv", "w", newline="", encoding="utf-8") as f:
        w = csv.writer(f, lineterminator="\n")
        w.writerow(header)
        w.writerows(["" if v is None else ("t" if v else "f") if isinstance(v, bool) else v for v in r] for r in rows)


def pick(weights):
    """A key of the dict, by weight."""
    x = R.random() * sum(weights.values())
    for key, weight in weights.items():
        x -= weight
        if x <= 0:
            return key
    return key


def day(text):
    return dt.date.fromisoformat(text)


def moment(date, hour, country, minute=None):
    local = dt.datetime(date.year, date.month, date.day, hour, R.randrange(60) if minute is None else minute,
                        tzinfo=ZoneInfo(ZONES[country]))
    return local.astimezone(UTC)


def text(m):
    return m.strftime("%Y-%m-%d %H:%M")


def sid(n):
    return f"S{n + 1:02}"


def stores():
    write("raw_stores", ["store_id", "name", "city", "country", "region", "format", "opened_on", "seat_count", "square_metres", "is_open"],
          [[sid(i), *s[:9]] for i, s in enumerate(STORES)])


def products():
    write("raw_products", ["product_id", "name", "category", "family", "is_seasonal", "is_vegan", "list_price", "unit_cost", "launched_on"],
          [[f"P{i + 1:02}", n, c, f, bool(se), bool(v), p, k, d] for i, (n, c, f, se, v, p, k, d, *_) in enumerate(PRODUCTS)])
    write("raw_discount_codes", ["code", "percent_off"], CODES.items())


def trading(i, date):
    s = STORES[i]
    return day(s[5]) <= date <= CLOSED.get(s[0], LAST)


def customers(count):
    """People by joining day: id, joined, home store, appetite, and how much they like the app."""
    out = []
    names = [(s, i) for i, s in enumerate(STORES)]
    for n in range(count):
        back = R.random() ** 1.7
        joined = LAST - dt.timedelta(days=int(back * (len(DAYS) - 1)) + 8)
        if joined < FIRST:
            joined = FIRST
        open_then = {i: s[9] for s, i in names if trading(i, joined)}
        out.append([joined, pick(open_then), R.paretovariate(1.15)])
    out.sort(key=lambda c: c[0])
    rows, people = [], []
    for n, (joined, store, appetite) in enumerate(out):
        s = STORES[store]
        source = pick({"app": 5 if joined.year > 2024 else 2, "website": 2, "store": 3, "partner": 0.6})
        tier = pick({"bean": 5, "roast": 3, "crema": 1 + min(appetite, 6) / 3, None: 4})
        age = int(R.triangular(16, 82, 31)) if R.random() > 0.12 else None
        joined_at = moment(joined, R.choices(range(24), HOURS)[0], s[2])
        rows.append([f"C{n + 1:04}", s[1], source, tier, text(joined_at), age, R.random() < 0.58 if R.random() > 0.06 else None])
        people.append((f"C{n + 1:04}", joined_at, store, min(appetite, 14), tier, joined))
    write("raw_customers", ["customer_id", "home_city", "signup_source", "loyalty_tier", "joined_at", "age", "is_subscribed"], rows)
    return people


def season(date):
    month = [1.0, 0.95, 1.02, 1.05, 1.1, 1.0, 0.82, 0.8, 1.08, 1.12, 1.15, 1.3][date.month - 1]
    week = [0.92, 0.97, 1.0, 1.02, 1.16, 1.28, 0.9][date.weekday()]
    if (date.month, date.day) in ((12, 25), (1, 1)):
        return 0.12
    return month * week


def growth(i, date):
    age = (date - day(STORES[i][5])).days
    new = 1.35 if age < 21 else 1
    if STORES[i][0] == "Nørrebro" and age < 100:
        new = 9 if age < 10 else 3.2
    return STORES[i][9] * min(1.0, 0.55 + age / 600) * new * (0.55 + (date - FIRST).days / len(DAYS))


def chosen(date, hour, channel):
    """A product that is on the board that day."""
    menu = []
    for n, p in enumerate(PRODUCTS):
        if day(p[7]) > date or p[8] == 0 or (p[9] and date.month not in p[9]):
            continue
        weight = p[8]
        if p[1] == "jaffle":
            weight *= 1.5 if 11 <= hour <= 14 else 0.9 if hour < 10 else 0.7
        if p[1] == "pastry" and hour < 11:
            weight *= 1.4
        if p[1] == "coffee" and channel == "delivery":
            weight *= 0.5
        menu.append((n, weight))
    total, x = sum(w for _, w in menu), 0
    x = R.random() * total
    for n, weight in menu:
        x -= weight
        if x <= 0:
            return n
    return menu[-1][0]


def milk_of(product, date):
    category, family, vegan = PRODUCTS[product][1], PRODUCTS[product][2], PRODUCTS[product][4]
    if category not in ("coffee", "tea"):
        return None
    if family in ("espresso", "filter", "cold brew", "black tea", "green tea", "infusion") and vegan and "oat" not in PRODUCTS[product][0]:
        return "none" if R.random() > 0.12 else "whole"
    if "oat" in PRODUCTS[product][0]:
        return "oat"
    oat = 3.0 + 4.2 * max(0, (date - dt.date(2025, 1, 1)).days) / 500
    return pick({"whole": 5.5, "oat": oat, "soy": 0.9, "almond": 0.7})


def code_of(date, channel, known, first):
    pool = {None: 11.0}
    if first and known:
        pool["WELCOME10"] = 5
    if channel == "app":
        pool["APP15"] = 1.4
    for year in (2025, 2026):
        if dt.date(year, 3, 20) <= date <= dt.date(year, 5, 31):
            pool[f"SPRING{year % 100}"] = 2.2
            if year == 2026:
                pool["SPRING26-DUO"] = 0.7
        if dt.date(year, 7, 1) <= date <= dt.date(year, 8, 20):
            pool[f"SUMMER{year % 100}"] = 1.6
    if known and known[4] == "crema":
        pool["CREMA-GOLD"], pool["CREMABIRTHDAY"] = 0.6, 0.15
    if known and known[4]:
        pool["LOYAL20"] = 0.25
    pool["STAFF30"] = 0.22
    pool["TEST99"] = 0.01
    return pick(pool)


def orders(target, people):
    weights = {d: season(d) for d in DAYS}
    cells = [(d, i, weights[d] * growth(i, d)) for d in DAYS for i in range(len(STORES)) if trading(i, d)]
    edges, total = [], 0.0
    for *_, w in cells:
        total += w
        edges.append(total)
    by_store = {}
    for p in people:
        by_store.setdefault(p[2], []).append(p)
    placed = []
    for _ in range(target):
        d, i, _ = cells[bisect.bisect(edges, R.random() * total)]
        placed.append((d, i))
    drafts = []
    for d, i in placed:
        s = STORES[i]
        hour = R.choices(range(24), HOURS)[0]
        if s[3] == "Iberia" and R.random() < 0.3:
            hour = R.choice([15, 17, 18, 19, 20, 20, 21, 21, 22])
        if d.weekday() >= 5 and hour < 8:
            hour += 3
        drafts.append((moment(d, hour, s[2]), d, hour, i))
    drafts.sort(key=lambda o: o[0])
    seen, rows, items = set(), [], []
    for n, (at, d, hour, i) in enumerate(drafts):
        s = STORES[i]
        mix = dict(MAIN)
        mix["app"] *= 0.45 + 1.5 * (d - FIRST).days / len(DAYS)
        mix["kiosk"] *= {"kiosk": 4, "station": 2}.get(s[4], 0.7)
        mix["delivery"] *= 0.2 if s[4] in ("station", "kiosk") else 1.0
        channel = pick(mix)
        known = None
        if R.random() < (0.95 if channel == "app" else 0.62):
            pool = [p for p in by_store.get(i, ()) if p[1] <= at] if R.random() < 0.9 else R.sample(people, 12)
            pool = [p for p in pool if p[1] <= at]
            if pool:
                known = R.choices(pool, [p[3] * (0.35 if int(p[0][1:]) % 7 == 0 and (LAST - d).days < 60 else 1) for p in pool])[0]
        first = bool(known) and known[0] not in seen
        if known:
            seen.add(known[0])
        status = pick({"completed": 94.2, "cancelled": 2.4, "refunded": 3.4 if s[0] not in ("Dansaert", "Rotterdam CS") else 8})
        if (LAST - d).days < 9 and R.random() < 0.03:
            status = "placed"
        code = code_of(d, channel, known, first)
        pay = None if status == "cancelled" else pick({"card": 6, "wallet": 1.5 + (d.year - 2024), "cash": max(0.3, 2.4 - (d - FIRST).days / 520), "gift_card": 0.4})
        lines = 1 + (R.random() < 0.62) + (R.random() < 0.34) + (R.random() < 0.14) + (channel == "delivery" and R.random() < 0.6)
        prep = None
        if status != "cancelled":
            slow = 1.5 if 7 <= hour <= 9 or hour in (12, 13) else 1.0
            prep = round(min(58, (2.2 + 1.3 * lines + R.expovariate(0.55)) * slow * (2.1 if channel == "delivery" else 0.8 if channel == "kiosk" else 1)), 1)
            if R.random() < 0.03:
                prep = None
        tip = 0
        if status == "completed" and channel in ("counter", "app") and R.random() < 0.28:
            tip = R.choice([0.2, 0.5, 0.5, 1, 1, 1.5, 2, 3])
        if pay == "gift_card":
            tip = None
        for _ in range(lines):
            p = chosen(d, hour, channel)
            milk = milk_of(p, d)
            size = R.choice("rrrls") if PRODUCTS[p][1] in ("coffee", "tea") else None
            quantity = 1 if R.random() < 0.84 else R.choice([2, 2, 2, 3, 4])
            items.append([n + 1, f"{p + 1}", quantity, size, milk and milk[0], channel == "delivery" or R.random() < 0.45])
        rows.append([n + 1, i + 1, known and known[0], text(at), status[:2], channel[0], pay, code, tip, prep])
    write("raw_orders", ["id", "store", "customer_id", "ordered_at", "status", "channel", "payment_method", "discount_code", "tip_amount", "prep_minutes"], rows)
    write("raw_order_items", ["order_id", "product", "quantity", "size", "milk", "is_takeaway"], items)
    return rows


def loyalty(people, rows):
    """Cards made, steps up, points spent and lost; points earned follow from the orders."""
    events = []
    visits = {}
    for r in rows:
        if r[2] and r[4] == "co":
            visits.setdefault(r[2], []).append(r[3])
    for customer, joined_at, store, _, tier, joined in people:
        if not tier:
            continue
        events.append((text(joined_at), customer, "joined", None, 0))
        came = visits.get(customer, [])
        if tier in ("roast", "crema") and len(came) > 2:
            events.append((came[2], customer, "tier_up", None, 0))
        if tier == "crema" and len(came) > 6:
            events.append((came[6], customer, "tier_up", None, 0))
        for at in came[3::4]:
            reward = pick({"Free flat white": 5, "Free jaffle": 2, "Pastry of the day": 3, "Keep cup": 0.5, "Barista class": 0.15, None: 0.2})
            events.append((at, customer, "redeemed", reward, {"Free jaffle": 90, "Keep cup": 150, "Barista class": 300}.get(reward, 50)))
        if R.random() < 0.22 and joined < dt.date(2026, 5, 1):
            d = joined + dt.timedelta(days=R.randrange(180, 400))
            if d <= LAST:
                events.append((f"{d} 03:00", customer, "expired", None, R.randrange(5, 140)))
    events.sort(key=lambda e: e[:3])
    write("raw_loyalty_events", ["id", "occurred_at", "customer_id", "event_type", "reward_name", "points"], [[n + 1, *e] for n, e in enumerate(events)])


GOOD = ["Best jaffle in town", "Smells like Saturday", "The oat flat white is silk", "Kind people, quick hands", "My second office", "Beans as fresh as it gets"]
MIXED = ["Good coffee, long queue", "Nice, a bit loud", "Fine but not cheap", "Jaffle great, chair wobbly"]
BAD = ["Coffee was cold", "Rude at the till, sorry", "Half an hour in the queue", "cold inside, cold outside", "Wrong milk, twice", "Lukewarm and late"]


def reviews(count):
    rows = []
    for _ in range(count):
        d = LAST - dt.timedelta(days=int(R.random() ** 1.8 * 1000))
        i = pick({i: growth(i, d) for i in range(len(STORES)) if trading(i, d)})
        s = STORES[i]
        mean = 4.4 - (0.5 if s[0] in ("Dansaert", "Rotterdam CS") else 0) - (0.25 if s[4] == "station" else 0)
        rating = max(1, min(5, round(R.gauss(mean, 0.95))))
        words = None if R.random() < 0.45 else R.choice(GOOD if rating >= 4 else MIXED if rating == 3 else BAD)
        language = {"BE": "nl", "NL": "nl", "PT": "pt", "ES": "es", "DK": "da", "NO": "nb", "SE": "sv", "LU": "fr"}.get(s[2], "en")
        answered = R.random() < (0.86 if rating <= 3 else 0.4) and (LAST - d).days > 9
        rows.append([text(moment(d, R.choices(range(24), HOURS)[0], s[2])), sid(i), pick({"maps": 6, "app": 3, "comment_card": 1}), R.choice([language, language, "en"]), rating, words, answered])
    rows.sort(key=lambda r: r[:2])
    write("raw_reviews", ["id", "reviewed_at", "store_id", "source", "language", "rating", "text", "is_answered"], [[n + 1, *r] for n, r in enumerate(rows)])


GIVEN = "Ada Bram Clara Dries Eva Finn Greta Hugo Ilse Joao Karin Lars Marta Nuno Olga Pieter Rosa Sven Tess Ulla Vera Wout Yara Zeno Aoife Callum Erik Freja Inês Jonas".split()
FAMILY = "Aerts Berg Claes Dias Eide Faria Geens Holm Iversen Jansen Kok Lund Maes Nilsen Olsen Peeters Quist Ramos Silva Thys Urrutia Vos Wouters Ziegler".split()


def baristas():
    staff = []
    for i, s in enumerate(STORES):
        opened, closed = max(day(s[5]), dt.date(2023, 1, 1)), CLOSED.get(s[0])
        for slot in range(2 + round(s[9] * 1.4)):
            start = opened - dt.timedelta(days=14) + dt.timedelta(days=slot * 9)
            while start < LAST:
                stay = R.randrange(160, 1500)
                leave = start + dt.timedelta(days=stay)
                end = min(leave, closed or leave)
                end = end if end <= LAST - dt.timedelta(days=12) else None
                years = ((end or LAST) - start).days / 365
                level = "lead" if slot == 0 and years > 0.7 else "senior" if years > 1.6 else "barista" if years > 0.5 else "trainee"
                rate = {"trainee": 13.2, "barista": 14.9, "senior": 16.8, "lead": 19.6}[level] * {"CH": 1.45, "NO": 1.2, "DK": 1.18, "PT": 0.72, "ES": 0.78}.get(s[2], 1)
                staff.append([sid(i), f"{R.choice(GIVEN)} {R.choice(FAMILY)}", level, pick({"full_time": 4, "part_time": 4, "student": 3 if level != "lead" else 0}),
                              start, end, round(rate + R.uniform(-0.4, 0.6), 2), i])
                if end is None or (closed and end >= closed):
                    break
                start = end + dt.timedelta(days=R.randrange(5, 40))
    staff.sort(key=lambda b: (b[4], b[0]))
    staff = [[f"B{n + 1:03}", *b] for n, b in enumerate(staff)]
    write("raw_baristas", ["barista_id", "store_id", "full_name", "level", "contract", "hired_on", "left_on", "hourly_rate"], [b[:8] for b in staff])
    return staff


def payroll(staff):
    rows = []
    office = [("B9%02d" % n, dept, pay) for n, (dept, pay) in enumerate([("office", 6900), ("office", 5200), ("office", 4100), ("office", 3650), ("roastery", 3300), ("roastery", 2950), ("roastery", 2800)])]
    month = dt.date(2025, 5, 1)
    while month <= LAST:
        last = (month.replace(day=28) + dt.timedelta(days=4)).replace(day=1) - dt.timedelta(days=1)
        paid = min(dt.date(month.year, month.month, 20), last)
        for b in staff:
            if b[5] > paid or (b[6] and b[6] < month):
                continue
            hours = {"full_time": 152, "part_time": 88, "student": 46}[b[4]] + R.randrange(-6, 7)
            rows.append([b[1], b[0], paid, "base", "stores", hours, round(hours * b[7], 2)])
            if R.random() < 0.3:
                over = R.randrange(2, 15)
                rows.append([b[1], b[0], paid, "overtime", "stores", over, round(over * b[7] * 1.5, 2)])
            if month.month == 12 and b[3] != "trainee":
                rows.append([b[1], b[0], paid, "bonus", "stores", 0, 350])
            if month.month in (5, 6) and b[4] == "full_time":
                rows.append([b[1], b[0], paid, "holiday", "stores", 0, round(b[7] * 76, 2)])
        for who, dept, pay in office:
            rows.append([None, who, paid, "base", dept, 160, pay + 25 * (month.year - 2025)])
        month = last + dt.timedelta(days=1)
    rows.append([sid(3), staff[9][0], dt.date(2026, 11, 20), "base", "stores", 0, 1240.5])
    rows.append([sid(6), staff[20][0], dt.date(2026, 11, 20), "overtime", "stores", 0, -86.2])
    write("raw_payroll", ["id", "store_id", "barista_id", "paid_on", "pay_kind", "department", "hours", "amount"], [[n + 1, *r] for n, r in enumerate(rows)])


def shifts(staff):
    rows = []
    d, end = dt.date(2025, 12, 1), dt.date(2026, 12, 20)
    while d <= end:
        for i, s in enumerate(STORES):
            if day(s[5]) > d or CLOSED.get(s[0], end) < d:
                continue
            crew = [b for b in staff if b[8] == i and b[5] <= d and (b[6] is None or b[6] >= d)]
            for kind, at, hours in (("open", 6, 8), ("mid", 10, 6), ("close", 14, 8)):
                if not crew or R.random() > 0.09 * (1 + (kind != "mid" and s[4] != "kiosk")):
                    continue
                future = d > dt.date(2026, 11, 22)
                missed = R.random() < (0.09 if s[0] in ("Oslo S", "Rotterdam CS") else 0.022) and not future
                worked = None if future else 0 if missed else hours + R.choice([-0.5, 0, 0, 0, 0, 0.25, 0.5, 1, 1.5])
                rows.append([text(moment(d, at + (d.weekday() == 6) * 1, s[2], 0)), i + 1, R.choice(crew)[0], kind, pick({"bar": 5, "till": 3, "kitchen": 3, "floor": 1.5}), hours, worked, missed])
        d += dt.timedelta(days=1)
    rows.sort(key=lambda r: r[:3])
    write("raw_shifts", ["id", "starts_at", "store", "barista_id", "shift_type", "station", "planned_hours", "worked_hours", "was_no_show"], [[n + 1, *r] for n, r in enumerate(rows)])


INGREDIENTS = [("House blend beans", "Roastery Ghent", "dry", 14, 2.4), ("Single origin beans", "Roastery Ghent", "dry", 6, 0.7), ("Whole milk", "Zuivel Waas", "chilled", 30, 9.5),
               ("Oat drink", "Havermelk Co-op", "chilled", 22, 7.0), ("Sourdough", "Bakkerij De Korst", "dry", 9, 4.1), ("Gruyère", "Fromagerie du Lac", "chilled", 7, 1.6),
               ("Ham", "Slagerij Bosmans", "chilled", 6, 1.3), ("Croissant dough", "Bakkerij De Korst", "frozen", 12, 3.2), ("Berries", None, "frozen", 4, 0.5)]


def inventory():
    rows = []
    level = {}
    d = dt.date(2026, 10, 1)
    while d <= LAST:
        for i, s in enumerate(STORES):
            if not s[8] or day(s[5]) > d:
                continue
            for g, (name, supplier, storage, par, use) in enumerate(INGREDIENTS):
                left = level.get((i, g), par * 1.5) - use * R.uniform(0.7, 1.3) * s[9] / 1.1
                if left < par * R.uniform(0.1, 0.75):
                    left += par * R.uniform(0.9, 1.6)
                level[i, g] = max(0.2, left)
                if (i + g + d.toordinal()) % 5 == 0:
                    rows.append([d, i + 1, g + 1, round(level[i, g], 1)])
        d += dt.timedelta(days=1)
    write("raw_ingredients", ["id", "ingredient", "supplier", "storage", "par_kg", "daily_use_kg"], [[g + 1, *x] for g, x in enumerate(INGREDIENTS)])
    write("raw_inventory", ["counted_on", "store", "ingredient_id", "on_hand_kg"], rows)


def waste():
    rows = []
    d = dt.date(2026, 1, 5)
    while d <= LAST:
        for i, s in enumerate(STORES):
            if not trading(i, d) or R.random() > 0.165:
                continue
            pilot = s[0] in ("Korenmarkt", "Alfama", "Nørrebro") and d >= dt.date(2026, 5, 4)
            reason = pick({"expired": 3, "spilled": 2, "misorder": 1.5, "end_of_day": 1.4 if pilot else 4, "quality": 1})
            name, per_kg = R.choice([("Sourdough", 5.2), ("Croissant dough", 7.4), ("Whole milk", 1.3), ("Oat drink", 1.9), ("Gruyère", 17.5), ("Ham", 13.8), ("House blend beans", 18.0)])
            kg = round(min(75, R.expovariate(0.9) + 0.04) * (0.6 if pilot else 1), 2)
            if R.random() < 0.004:
                kg = 64.0
            rows.append([text(moment(d, R.choice([9, 12, 15, 18, 20, 21]), s[2])), i + 1, reason, name, kg, round(kg * per_kg, 2)])
        d += dt.timedelta(days=1)
    rows.sort(key=lambda r: r[:2])
    write("raw_waste", ["id", "recorded_at", "store", "reason", "ingredient", "kilograms", "cost"], [[n + 1, *r] for n, r in enumerate(rows)])


def tickets():
    rows = []
    for _ in range(330):
        d = LAST - dt.timedelta(days=int(R.random() ** 1.3 * 690))
        i = pick({i: s[9] for i, s in enumerate(STORES) if trading(i, d)})
        machine = pick({"espresso_machine": 4, "grinder": 3, "oven": 2, "fridge": 2, "till": 2})
        severity = pick({"low": 3, "medium": 4, "high": 2.4, "critical": 0.8})
        opened = moment(d, R.randrange(7, 20), STORES[i][2])
        hours = round(R.lognormvariate({"low": 4.2, "medium": 3.6, "high": 2.9, "critical": 2.2}[severity], 0.8), 1)
        closed = opened + dt.timedelta(hours=hours)
        is_open = closed.date() > dt.date(2026, 11, 21) or ((LAST - d).days < 60 and R.random() < 0.12)
        down = round(hours * {"low": 0, "medium": 0.1, "high": 0.35, "critical": 0.8}[severity], 1)
        cost = None if is_open else round(R.uniform(40, 260) * {"espresso_machine": 2.2, "fridge": 1.8}.get(machine, 1), 2)
        rows.append([text(opened), None if is_open else text(closed), sid(i), machine, severity, None if is_open else down, cost])
    rows.sort(key=lambda r: (r[0], r[2]))
    write("raw_tickets", ["id", "opened_at", "closed_at", "store_id", "equipment", "severity", "downtime_hours", "repair_cost"], [[n + 1, *r] for n, r in enumerate(rows)])


def training(staff):
    rows = []
    trainers = ["Noor Haddad", "Giulia Moretti", "Eva Claes"]
    for b in staff:
        for n, topic in enumerate(("hygiene", "service", "milk", "espresso", "jaffles")):
            d = b[5] + dt.timedelta(days=7 + n * 24 + R.randrange(12))
            if d < dt.date(2025, 1, 6) or d > dt.date(2026, 12, 31) or (b[6] and d > b[6]):
                continue
            if d > dt.date(2026, 11, 22):
                rows.append([d, b[0], b[1], topic, R.choice(trainers), "enrolled", None])
                continue
            score = round(min(100, max(12, R.gauss(72, 14))))
            stage = "certified" if score >= 85 else "passed" if score >= 60 else "attended"
            if R.random() < 0.1:
                stage, score = ("attended", None)
            rows.append([d, b[0], b[1], topic, R.choice(trainers), stage, score])
    for b in [x for x in staff if x[6] is None][::6]:
        rows.append([dt.date(2026, 11, 23) + dt.timedelta(days=R.randrange(30)), b[0], b[1], R.choice(["milk", "espresso", "jaffles"]), R.choice(trainers), "enrolled", None])
    rows.sort(key=lambda r: (r[0], r[1], r[3]))
    write("raw_training", ["id", "held_on", "barista_id", "store_id", "topic", "trainer", "stage", "score"], [[n + 1, *r] for n, r in enumerate(rows)])


# name, channel, objective, audience, country, first day, last day, budget, approved, touches, return
CAMPAIGNS = [
    ("Winter warmers", "email", "basket", "members", None, "2025-01-13", "2025-02-14", 1800, True, 90, 3.0),
    ("Spring 2025 Benelux", "email", "visit", "members", "BE", "2025-03-20", "2025-05-31", 3200, True, 150, 3.4),
    ("Spring 2025 Iberia", "social", "awareness", "city", "PT", "2025-03-20", "2025-05-31", 2600, True, 100, 1.1),
    ("Summer ice 2025", "social", "visit", "city", None, "2025-07-01", "2025-08-20", 5200, True, 170, 1.3),
    ("Back to desk 2025", "push", "visit", "app users", None, "2025-08-25", "2025-09-19", 1400, True, 120, 4.1),
    ("Autumn radio Ghent", "radio", "awareness", "city", "BE", "2025-10-06", "2025-10-31", 6400, True, 40, 0.6),
    ("Gingerbread 2025", "email", "basket", "members", None, "2025-11-03", "2025-12-24", 2900, True, 160, 3.8),
    ("New year, new cup", "push", "basket", "app users", None, "2026-01-05", "2026-01-31", 1200, True, 110, 3.2),
    ("We miss you, winter", "email", "win_back", "lapsed", None, "2026-01-19", "2026-03-15", 1500, True, 170, 2.6),
    ("Nørrebro opening", "social", "awareness", "city", "DK", "2026-02-23", "2026-04-05", 7800, True, 190, 1.2),
    ("Nørrebro posters", "in_store", "visit", "city", "DK", "2026-03-02", "2026-03-31", 2400, True, 40, 0.9),
    ("Spring 2026 Benelux", "email", "visit", "members", "BE", "2026-03-20", "2026-05-31", 4200, True, 230, 3.6),
    ("Spring 2026 Netherlands", "push", "visit", "app users", "NL", "2026-03-20", "2026-05-31", 2400, True, 150, 3.9),
    ("Spring 2026 Iberia", "social", "visit", "city", "PT", "2026-03-20", "2026-05-31", 3900, True, 140, 1.6),
    ("Spring 2026 Alps", "email", "visit", "members", "CH", "2026-03-27", "2026-05-31", 1900, True, 90, 2.9),
    ("Asparagus subject test", "email", "basket", "members", None, "2026-04-13", "2026-04-26", 300, True, 140, 2.2),
    ("Always on: welcome", "email", "visit", "new guests", None, "2025-01-01", None, 2500, True, 260, 4.5),
    ("Always on: win back", "email", "win_back", "lapsed", None, "2026-02-02", None, 2000, True, 240, 2.4),
    ("Always on: birthday", "push", "basket", "members", None, "2025-06-01", None, 900, True, 110, 5.2),
    ("Double points week", "push", "basket", "members", None, "2026-06-08", "2026-06-14", 1100, True, 120, 3.3),
    ("Summer ice 2026", "social", "visit", "city", None, "2026-07-01", "2026-08-20", 6100, True, 210, 1.5),
    ("Terrace Iberia", "in_store", "visit", "city", "PT", "2026-06-01", "2026-09-15", 1700, True, 40, 1.0),
    ("Oat subject test", "email", "basket", "members", None, "2026-07-13", "2026-07-26", 300, True, 130, 2.4),
    ("Back to desk 2026", "push", "visit", "app users", None, "2026-08-24", "2026-09-18", 1600, True, 140, 4.0),
    ("Pumpkin season", "email", "basket", "members", None, "2026-09-07", "2026-11-22", 4800, True, 280, 3.7),
    ("Pumpkin season push", "push", "basket", "app users", "NL", "2026-09-07", "2026-11-22", 1900, True, 170, 4.2),
    ("Harvest table", "social", "awareness", "city", "BE", "2026-09-21", "2026-11-15", 5600, True, 150, 1.2),
    ("Harvest radio", "radio", "awareness", "city", "AT", "2026-10-05", "2026-10-30", 7200, True, 40, 0.5),
    ("Autumn test: stickers", "in_store", "awareness", "city", "IE", "2026-10-01", "2026-11-30", 450, None, 20, 0.7),
    ("Ancoats opening", "social", "awareness", "city", "GB", "2026-09-28", "2026-10-31", 4300, True, 110, 1.1),
    ("Till receipts", "in_store", "basket", "members", "SE", "2026-05-04", "2026-12-31", 240, True, 30, 2.0),
    ("Gingerbread 2026", "email", "basket", "members", None, "2026-11-30", "2026-12-24", 3400, True, 0, 0),
    ("Advent calendar", "push", "visit", "app users", None, "2026-12-01", "2026-12-24", 2100, True, 0, 0),
    ("Christmas market Vienna", "in_store", "visit", "city", "AT", "2026-11-27", "2026-12-23", 3800, False, 0, 0),
    ("Gift cards", "social", "basket", "city", None, "2026-12-03", "2026-12-23", 5000, True, 0, 0),
    ("Kimchi launch", "social", "awareness", "city", "NL", "2026-11-23", "2027-01-10", 2700, None, 0, 0),
    ("New year, lighter", "email", "visit", "members", None, "2027-01-04", None, 1600, False, 0, 0),
    ("Six Nations mornings", "radio", "visit", "city", "IE", "2027-02-05", "2027-03-14", 8200, False, 0, 0),
    ("Spring 2027 Benelux", "email", "visit", "members", "BE", "2027-03-20", "2027-05-31", 4600, None, 0, 0),
    ("Zero-budget swap", "in_store", "awareness", "members", "BE", "2026-08-01", "2026-08-31", 0, True, 10, 0.4),
]


def campaigns(people):
    write("raw_campaigns", ["campaign_id", "name", "channel", "objective", "audience", "country", "starts_on", "ends_on", "budget", "is_approved"],
          [[f"M{n + 1:02}", *c[:9]] for n, c in enumerate(CAMPAIGNS)])
    rows = []
    for n, (name, channel, objective, audience, country, start, end, budget, _, touches, back) in enumerate(CAMPAIGNS):
        start, end = day(start), min(day(end) if end else LAST, LAST)
        for _ in range(round(touches * 0.66)):
            d = start + dt.timedelta(days=int(R.random() ** 1.25 * max(1, (end - start).days)))
            kind = pick({"impression": 5, "open": 3 if channel in ("email", "push") else 0.001, "click": 2, "visit": 0.8, "order": 1.5})
            variant = R.choice("AB") if name.endswith("subject test") else None
            if variant == "B" and kind == "impression" and R.random() < 0.3:
                kind = "open"
            hour = R.choice([8, 9, 10, 10, 10, 11, 12, 13, 17, 18, 19, 20, 21])
            if kind == "open" and channel == "email" and R.random() < 0.35:
                d, hour = d - dt.timedelta(days=(d.weekday() - 1) % 7), 10
                d = max(d, start)
            who = None if channel in ("radio", "in_store") or R.random() < 0.15 else R.choice(people)[0]
            if objective == "win_back":
                who = max(R.sample(people, 4), key=lambda p: p[3])[0]
            device = "none" if channel in ("radio", "in_store") else pick({"phone": 6, "tablet": 1, "desktop": 2})
            cost = round(budget * 0.9 / touches * R.uniform(0.4, 1.6), 2) if touches else 0
            won = round(budget * 0.9 / touches * back * R.uniform(4, 8.5), 2) if kind == "order" else 0
            rows.append([text(moment(d, hour, country if country in ZONES else "BE")), n + 1, who, kind, device, variant, cost, won])
    rows.sort(key=lambda r: r[:2])
    write("raw_touches", ["id", "touched_at", "campaign", "customer_id", "touch_kind", "device", "variant", "cost", "attributed_revenue"], [[n + 1, *r] for n, r in enumerate(rows)])


def web_sessions(people):
    rows = []
    for n in range(600):
        d = LAST - dt.timedelta(days=int(R.random() ** 1.4 * 330))
        pages = 1 + int(R.expovariate(0.45))
        rows.append([text(moment(d, R.choices(range(24), [1, 1, 0, 0, 0, 1, 3, 6, 7, 6, 5, 5, 6, 6, 5, 4, 4, 5, 6, 7, 8, 7, 5, 3])[0], "BE")),
                     R.choice(people)[0] if R.random() < 0.35 else None, pick({"direct": 4, "search": 5, "social": 2, "email": 2, None: 0.6}),
                     R.choice(["/", "/", "/menu", "/stores", "/club", "/jobs"]), pages, int(pages * R.expovariate(1 / 38)) if pages > 1 else 0, pages > 3 and R.random() < 0.4])
    rows.sort(key=lambda r: (r[0], str(r[1])))
    write("raw_web_sessions", ["id", "started_at", "customer_id", "source", "landing_page", "page_views", "seconds", "has_ordered"], [[n + 1, *r] for n, r in enumerate(rows)])


def targets():
    rows = []
    for year in (2025, 2026):
        for month in range(1, 13):
            for i, s in enumerate(STORES):
                first = dt.date(year, month, 1)
                if trading(i, first) or (s[8] and day(s[5]) <= first):
                    rows.append([i + 1, first, round(s[9] * 62 * (1.25 if year == 2026 else 1) * season(first.replace(day=15)) / 5) * 5])
    write("raw_targets", ["store", "month", "revenue_target"], rows)


def main():
    SEEDS.mkdir(exist_ok=True)
    stores()
    products()
    people = customers(1100)
    rows = orders(6600, people)
    loyalty(people, rows)
    reviews(1500)
    staff = baristas()
    payroll(staff)
    shifts(staff)
    inventory()
    waste()
    tickets()
    training(staff)
    campaigns(people)
    web_sessions(people)
    targets()


if __name__ == "__main__":
    main()
