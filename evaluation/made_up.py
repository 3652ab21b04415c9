"""Made-up names, and what people note of one another."""

import itertools
from collections.abc import Iterator
from itertools import product
from string import ascii_lowercase

import numpy as np


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


FIRST = _words(
    """
    Ada Amara Amir Anna Anton Aylin Beatriz Bela Bilal Bruno Carla Carlos Chen Clara Dana Daniel
    Diego Dina Elena Elif Emil Emma Erik Esther Fatima Felix Femi Finn Frida Gita Greta Hana
    Hans Hugo Ida Igor Ines Ivan Jana Jonas Josef Julia Kaito Karim Katja Kofi Lara Leila Leo
    Lin Lukas Maja Malik Maria Mateo Mei Mila Mina Nadia Nils Nina Noah Nora Omar Oskar Paula
    Pavel Petra Priya Rahel Ravi Rosa Samir Sara Sofia Sven Tara Tomas Uma Vera Viktor Wei Yara
    Yusuf Zoe
    """
)
LAST = _words(
    """
    Adeyemi Ahmed Almeida Amsel Aydin Bauer Becker Berg Bianchi Blum Borg Brandt Castro Chen
    Costa Cruz Dahl Demir Diaz Diallo Dietz Eriksen Falk Farah Fischer Fontaine Fuchs Garcia
    Graf Greco Haas Hansen Hartmann Hassan Herrera Holm Huber Ibrahim Ivanova Jansen Jensen Kaya
    Keller Khan Kim Klein Koch Kovac Kowalski Kraus Kumar Lang Larsen Leroy Lind Lopez Lorenz
    Marin Martin Mendes Meyer Mori Moreau Nakata Nguyen Novak Nowak Okafor Olsen Ortiz Osei Park
    Patel Pereira Peters Popov Reis Richter Rossi Roth Sanchez Sato Schmidt Seidel Silva Singh
    Sommer Stein Suzuki Tanaka Torres Vogel Wagner Weber Werner Winter Wolf Yamada Yilmaz Zander
    Zhang Ziegler
    """
)
SITES = (
    ("Main building", ("Front door", "Reception", "Garden door", "Car park", "Loading bay")),
    ("Annex", ("Gate", "Corridor", "Lift")),
    ("Warehouse", ("Dock 1", "Dock 2", "Office door", "Yard")),
    ("Laboratory", ("Air lock", "Foyer", "Cold room")),
    ("Canteen", ("Entrance", "Till")),
    ("Depot", ("Barrier", "Workshop", "Fuel pump")),
    ("Showroom", ("Glass door", "Counter")),
    ("Training centre", ("Lobby", "Hall", "Stairs")),
)
LABELS = ("staff", "supplier", "night shift", "contractor", "cleaning", "press", "neighbour", "VIP")
COMPANIES = ("Blum & Söhne", "Dahl Logistics", "Kowalski Catering", "Osei Security", "Reis Elektro")
CONSENTS = ("Signed form at reception", "Ticked in the app", "Told the manager")


def names(chance: np.random.Generator) -> Iterator[str]:
    """Give names for ever, no name twice: when all are used up, with letters in the middle."""
    pairs = [*product(FIRST, LAST)]
    order = chance.permutation(len(pairs))
    for again in itertools.count():
        middle = "".join(f" {letter.upper()}." for letter in _letters(again))
        for at in order:
            first, last = pairs[at]
            yield f"{first}{middle} {last}"


def _letters(number: int) -> str:
    """Return nothing for 0, then a, b ... z, aa, ab ..."""
    found = ""
    while number:
        number, letter = divmod(number - 1, len(ascii_lowercase))
        found = ascii_lowercase[letter] + found
    return found
