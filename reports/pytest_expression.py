# --- DynamoDB's values and expressions ----------------------------------------------------------
#
# Items are kept as they travel: {"id": {"S": "T1"}, "Version": {"N": "0"}}.

WORDS = re.compile(r"\s*(#\w+|:\w+|[A-Za-z_]\w*|\d+|<>|<=|>=|[=<>+\-(),.\[\]])")


class Refused(Exception):
    """An answer that is an error: botocore makes the exception that the function sees."""

    def __init__(self, code, message, **more):
        super().__init__(message)
        self.code = code
        self.body = {
            "__type": "com.amazonaws.dynamodb.v20120810#" + code,
            "message": message,
            **more,
        }


def invalid(message):
    return Refused("ValidationException", message)


def kind(value):
    """The type letter of a value and what it holds."""
    ((letter, held),) = value.items()
    return letter, held


def number_text(number):
    """Like DynamoDB: no exponent, no zeros at the end."""
    text = format(decimal.Context(prec=38).create_decimal(number).normalize(), "f")
    return "0" if text in ("-0", "0E+0") else text


def normal(value):
    """The one form of a value: numbers without trailing zeros, sets sorted."""
    letter, held = kind(value)
    if letter == "N":
        return {"N": number_text(held)}
    if letter == "NS":
        return {"NS": sorted((number_text(n) for n in held), key=decimal.Decimal)}
    if letter in ("SS", "BS"):
        return {letter: sorted(held)}
    if letter == "L":
        return {"L": [normal(element) for element in held]}
    if letter == "M":
        return {"M": {name: normal(part) for name, part in sorted(held.items())}}
    return value


def comparable(value):
    letter, held = kind(value)
    if letter == "N":
        return decimal.Decimal(held)
    return base64.b64decode(held) if letter == "B" else held


class Expression:
    """A condition, update, projection or key condition, read by recursive descent.

    Conditions become functions from an item to True or False, operands to a value or None.
    """

    def __init__(self, text, request):
        self.names = request.get("ExpressionAttributeNames", {})
        self.values = request.get("ExpressionAttributeValues", {})
        self.words = []
        position = 0
        while text[position:].strip():
            match = WORDS.match(text, position)
            if match is None:
                raise invalid("Syntax error in an expression: " + text)
            self.words.append(match.group(1))
            position = match.end()

    def peek(self):
        return self.words[0].upper() if self.words else ""

    def take(self, *expected):
        """The next word if it is one of these, else None."""
        if self.peek() not in expected:
            return None
        return self.words.pop(0).upper()

    def need(self, word):
        if not self.take(word):
            raise invalid(f"Syntax error in an expression: expected {word}, found {self.peek()}")

    def path(self):
        parts = [self.attribute()]
        while self.peek() in (".", "["):
            if self.take("."):
                parts.append(self.attribute())
            else:
                self.need("[")
                parts.append(int(self.words.pop(0)))
                self.need("]")
        return parts

    def attribute(self):
        word = self.words.pop(0)
        return self.names[word] if word.startswith("#") else word

    def condition(self):
        left = self.conjunction()
        while self.take("OR"):
            left = (lambda a, b: lambda item: a(item) or b(item))(left, self.conjunction())
        return left

    def conjunction(self):
        left = self.negation()
        while self.take("AND"):
            left = (lambda a, b: lambda item: a(item) and b(item))(left, self.negation())
        return left

    def negation(self):
        if self.take("NOT"):
            inner = self.negation()
            return lambda item: not inner(item)
        if self.take("("):
            inner = self.condition()
            self.need(")")
            return inner
        if len(self.words) > 1 and self.words[1] == "(" and self.peek() != "SIZE":
            return self.function()
        return self.comparison()

    def function(self):
        name = self.words.pop(0).lower()
        self.need("(")
        path = self.path()
        argument = self.operand() if self.take(",") else None
        self.need(")")
        if name == "attribute_exists":
            return lambda item: get(item, path) is not None
        if name == "attribute_not_exists":
            return lambda item: get(item, path) is None
        if name == "attribute_type":
            return lambda item: (get(item, path) or {}).keys() == {argument(item)["S"]}
        if name == "begins_with":
            return lambda item: begins(get(item, path), argument(item))
        if name == "contains":
            return lambda item: contains(get(item, path), argument(item))
        raise invalid("Invalid function name: " + name)

    def comparison(self):
        left = self.operand()
        if self.take("BETWEEN"):
            low = self.operand()
            self.need("AND")
            high = self.operand()
            return lambda item: compare(left(item), ">=", low(item)) and compare(
                left(item), "<=", high(item)
            )
        if self.take("IN"):
            self.need("(")
            options = [self.operand()]
            while self.take(","):
                options.append(self.operand())
            self.need(")")
            return lambda item: any(compare(left(item), "=", option(item)) for option in options)
        operator = self.take("=", "<>", "<", "<=", ">", ">=")
        if operator is None:
            raise invalid("Syntax error in an expression at " + self.peek())
        right = self.operand()
        return lambda item: compare(left(item), operator, right(item))

    def operand(self):
        if self.words[0].startswith(":"):
            name = self.words.pop(0)
            if name not in self.values:
                raise invalid(f"An expression attribute value is not defined: {name}")
            value = normal(self.values[name])
            return lambda item: value
        if self.peek() == "SIZE" and self.words[1:2] == ["("]:
            self.words.pop(0)
            self.need("(")
            path = self.path()
            self.need(")")
            return lambda item: size(get(item, path))
        if self.peek() == "IF_NOT_EXISTS" and self.words[1:2] == ["("]:
            return self.pair(lambda path, other: lambda item: get(item, path) or other(item))
        path = self.path()
        return lambda item: get(item, path)

    def pair(self, make):
        self.words.pop(0)
        self.need("(")
        path = self.path()
        self.need(",")
        other = self.operand()
        self.need(")")
        return make(path, other)

    def sum(self):
        """What SET assigns: operand, operand + operand, operand - operand, list_append(a, b)."""
        if self.take("LIST_APPEND"):
            self.need("(")
            first = self.operand()
            self.need(",")
            second = self.operand()
            self.need(")")
            return lambda item: {"L": first(item)["L"] + second(item)["L"]}
        left = self.operand()
        operator = self.take("+", "-")
        if operator is None:
            return left
        right = self.operand()
        return lambda item: added(left(item), right(item), -1 if operator == "-" else 1)

    def update(self):
        """(verb, path, operand) for each action."""
        actions = []
        while self.words:
            verb = self.take("SET", "REMOVE", "ADD", "DELETE")
            if verb is None:
                raise invalid("Syntax error in an update at " + self.peek())
            while True:
                path = self.path()
                value = None
                if verb == "SET":
                    self.need("=")
                    value = self.sum()
                elif verb != "REMOVE":
                    value = self.operand()
                actions.append((verb, path, value))
                if not self.take(","):
                    break
        return actions

    def paths(self):
        paths = [self.path()]
        while self.take(","):
            paths.append(self.path())
        return paths


def get(item, path):
    value = {"M": item or {}}
    for part in path:
        held = value.get("L" if isinstance(part, int) else "M")
        if held is None or (part >= len(held) if isinstance(part, int) else part not in held):
            return None
        value = held[part]
    return value


def put(item, path, value):
    """Set a part (None: remove it) of an item that belongs to the caller."""
    held = item
    for part, following in zip(path, path[1:]):
        inside = held[part] if isinstance(part, int) or part in held else None
        letter = "L" if isinstance(following, int) else "M"
        if inside is None or letter not in inside:
            raise invalid("The document path provided in the update expression is invalid")
        held = inside[letter]
    last = path[-1]
    if value is None:
        if isinstance(last, int):
            del held[last : last + 1]
        else:
            held.pop(last, None)
    elif isinstance(last, int) and last >= len(held):
        held.append(value)
    else:
        held[last] = value


def compare(a, operator, b):
    if a is None or b is None:
        return operator == "<>" and a is not b
    if operator in ("=", "<>"):
        return (normal(a) == normal(b)) == (operator == "=")
    if a.keys() != b.keys():
        return False
    x, y = comparable(a), comparable(b)
    return {"<": x < y, "<=": x <= y, ">": x > y, ">=": x >= y}[operator]


def begins(value, start):
    if value is None or value.keys() != start.keys():
        return False
    return comparable(value)[: len(comparable(start))] == comparable(start)


def contains(value, part):
    if value is None:
        return False
    letter, held = kind(value)
    if letter == "L":
        return part in held
    if letter in ("SS", "NS", "BS"):
        return kind(part)[1] in held
    return letter == kind(part)[0] and comparable(part) in comparable(value)


def size(value):
    return None if value is None else {"N": str(len(comparable(value)))}


def added(a, b, sign=1):
    if a is None or b is None or "N" not in a or "N" not in b:
        raise invalid("An operand in the update expression has an incorrect data type")
    with decimal.localcontext(decimal.Context(prec=38)):
        total = decimal.Decimal(a["N"]) + sign * decimal.Decimal(b["N"])
    return {"N": number_text(total)}


def union(old, new, remove):
    letter, held = kind(new)
    if letter == "N" and not remove:
        return added(old or {"N": "0"}, new)
    before = set(kind(old)[1]) if old else set()
    after = before - set(held) if remove else before | set(held)
    return normal({letter: list(after)}) if after else None


def apply_update(item, actions):
    """A new item: every operand sees the old one."""
    updated = copy.deepcopy(item)
    for verb, path, operand in actions:
        value = None
        if verb == "SET":
            value = operand(item)
            if value is None:
                raise invalid("The provided expression refers to an attribute that does not exist")
        elif verb != "REMOVE":
            value = union(get(item, path), operand(item), verb == "DELETE")
        put(updated, path, copy.deepcopy(value))
    return updated
