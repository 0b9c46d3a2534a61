"""The made-up people of the harness's own directory: the same in every run, as LDIF (RFC 2849)."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

SUFFIX = "dc=m9,dc=test"
PEOPLE = f"ou=people,{SUFFIX}"
"""Anybody may read these; without a login the server gives at most `ANONYMOUS_HITS` of them."""
STAFF = f"ou=staff,{SUFFIX}"
"""Only the login of the phones may read these."""
LOGIN = f"cn=phone,{SUFFIX}"
COUNT = 2000
ANONYMOUS_HITS = 30
COUNTRY, AREA = "49", "30"
"""Country and area code of all numbers of the people but the mobile ones."""
_GIVEN = (
    "Ada", "Björn", "Chloé", "Dmitri", "Elif", "Fatma", "Grace", "Hülya", "Ivan", "José", "Karin", "Lena", "Marta",
    "Niels", "Olga", "Paul", "Quentin", "Rosa", "Søren", "Tomáš", "Ursula", "Viktor", "Wanda", "Xenia", "Yara",
    "Zoë", "Alan", "Barbara", "Claude", "Dorothy", "Edsger", "Frances", "Guido", "Hedy", "Imre", "Jean", "Katherine",
    "Linus", "Margaret", "Niklaus",
)  # fmt: skip
_FAMILY = (
    "Abel", "Bauer", "Castro", "Dubois", "Eriksson", "Fischer", "Groß", "Hopper", "Ibsen", "Jansen", "Kovács", "Lang",
    "Müller", "Novák", "Öztürk", "Petrov", "Quast", "Rossi", "Šimek", "Tanaka", "Ueda", "Vogel", "Weiß", "Xu", "Yılmaz",
    "Zander", "Adler", "Brandt", "Conti", "Dahl", "Engel", "Frank", "García", "Hansen", "Ivanov", "Jensen", "Krüger",
    "Łukasik", "Meyer", "Nowak", "Ortiz", "Peters", "Richter", "Schäfer", "Thomas", "Urban", "Vries", "Wagner", "Young",
    "Ziegler",
)  # fmt: skip


@dataclass(frozen=True)
class Person:
    """One entry; `number` is written as this directory writes it."""

    uid: str
    given: str
    family: str
    number: str
    mobile: str = ""
    unit: str = PEOPLE

    @property
    def name(self) -> str:
        """The attribute cn."""
        return f"{self.given} {self.family}".strip()


def people() -> list[Person]:
    """All of them, in order: 40 given names by 50 family names, no pair twice, numbers in three notations."""
    return [_person(index) for index in range(COUNT)]


def _person(index: int) -> Person:
    given, family = _GIVEN[index % len(_GIVEN)], _FAMILY[index // len(_GIVEN)]
    local = f"55{index:05d}"
    number = (f"+{COUNTRY} {AREA} {local}", f"0{AREA}{local}", local)[index % 3]
    return Person(f"p{index:04d}", given, family, number, f"+{COUNTRY} 171 {2_000_000 + index}")


def owners(numbers: Iterable[str]) -> list[Person]:
    """One more person for each number that the rig's peers call from; no two share a name."""
    return [Person(f"peer{at}", "Desk", _FAMILY[at % len(_FAMILY)], number) for at, number in enumerate(numbers)]


def twins() -> list[Person]:
    """Two people who share a number."""
    return [Person(f"twin{at}", "Twin", family, f"+{COUNTRY} {AREA} 5599999") for at, family in enumerate(_FAMILY[:2])]


def staff(numbers: Iterable[str]) -> list[Person]:
    """People of these numbers whom only the login may see."""
    return [
        Person(f"staff{at}", "Secret", _FAMILY[-1 - at % len(_FAMILY)], number, unit=STAFF)
        for at, number in enumerate(numbers)
    ]


def ldif(entries: Iterable[Person], login_password: str) -> str:
    """The whole directory with these people."""
    return "\n".join([*_frame(login_password), *(_entry(one) for one in entries)])


def _frame(password: str) -> Iterator[str]:
    yield f"dn: {SUFFIX}\nobjectClass: dcObject\nobjectClass: organization\ndc: m9\no: m9\n"
    for unit in (PEOPLE, STAFF):
        yield f"dn: {unit}\nobjectClass: organizationalUnit\nou: {unit.partition(',')[0][3:]}\n"
    yield (
        f"dn: {LOGIN}\nobjectClass: organizationalRole\nobjectClass: simpleSecurityObject\ncn: phone\n"
        f"{_line('userPassword', password)}\n"
    )


def _entry(one: Person) -> str:
    lines = [f"dn: uid={one.uid},{one.unit}", "objectClass: inetOrgPerson", f"uid: {one.uid}"]
    lines += [_line("cn", one.name), _line("sn", one.family), _line("givenName", one.given)]
    lines += [_line("telephoneNumber", one.number)]
    lines += [_line("mobile", one.mobile)] * bool(one.mobile)
    lines += [f"mail: {one.uid}@m9.test", f"postalAddress: {one.uid[1:]} Main Street $ 10115 Berlin"]
    return "\n".join(lines) + "\n"


def _line(name: str, value: str) -> str:
    """An attribute with its value, in base64 where LDIF wants it."""
    plain = value.isascii() and value.isprintable() and value[:1] not in (" ", ":", "<", "") and value[-1:] != " "
    return f"{name}: {value}" if plain else f"{name}:: {base64.b64encode(value.encode()).decode()}"
