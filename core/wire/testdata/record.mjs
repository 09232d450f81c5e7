// Records what JavaScript's JSON reads and writes: node record.mjs > javascript.json
// Strings that JSON must not touch on the way travel as UTF-16 code units.

const units = (s) => Array.from({ length: s.length }, (_, i) => s.charCodeAt(i));

// Numbers are given by the bits of their double, so that no text format decides.
const bits = (f) => {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, f);
  return view.getBigUint64(0).toString(16).padStart(16, "0");
};
const fromBits = (n) => {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, n);
  return view.getFloat64(0);
};

const numbers = [
  0, -0, 1, -1, 0.1, -0.5, 1.5, 100, 123456789, 1e5, 1e20, 999999999999999900000, 1e21, 1.5e21, -1e21, 1e22, 1e100,
  1e-5, 1e-6, 1.5e-6, 9.99e-7, 1e-7, 1.5e-7, -1e-7, 1e-9, 1e-10, 1e-99, 1e-100, 5e-324, 2.2250738585072014e-308,
  1.7976931348623157e308, 2 ** 31, 2 ** 32, 2 ** 53 - 1, 2 ** 53, 2 ** 53 + 2, 2 ** 63, 2 ** 64, 0.30000000000000004,
  1 / 3, 123456789012345680000, 4.35, 5e-7, 4503599627370496.5, 9007199254740991, NaN, Infinity, -Infinity,
];
let seed = 0x9e3779b97f4a7c15n;
const random = () => {
  seed = (seed * 6364136223846793005n + 1442695040888963407n) & 0xffffffffffffffffn;
  return (seed ^ (seed >> 29n)) & 0xffffffffffffffffn;
};
for (let i = 0; i < 400; i++) numbers.push(fromBits(random()));
for (let i = 0; i < 400; i++) numbers.push(Number(random() % 10n ** BigInt(1 + (i % 19))) / 10 ** (i % 27));

const strings = ["", "plain", 'quote " and \\ and /', "<script>&amp;'</script>", "\u2028\u2029", "é ü 漢字 😀", "\u007f\u0080\ufeff\uffff\ufffd"];
for (let c = 0; c < 0x20; c++) strings.push(`a${String.fromCharCode(c)}b`);

const dates = [
  0, 1, -1, 999, 1700000000123, 1700000000000, 951782400000, -62135596800000, -62167219200000, -62167219200001,
  253402300799999, 253402300800000, 8.64e15, -8.64e15, 4102444800000, -86400000, 1582934400000,
];

const documents = [
  // values
  "null", "true", "false", '""', "0", "-0", "1", "[]", "{}", " \t\r\n1 \n", "[1,2,3]", "[[[]]]", '{"a":{"b":[]}}',
  // numbers
  "-1", "1.50", "1E2", "1e+2", "1e-2", "0.1e1", "9007199254740993", "-0.0", "1e-400", "123456789012345678901234567890",
  "1e308", "01", "-", "+1", ".5", "1.", "1.e1", "1e", "1e+", "0x10", "NaN", "Infinity", "-Infinity", "1_000", "--1", "00", "1 2",
  // strings
  '"\\"\\\\\\/\\b\\f\\n\\r\\t"', '"\\u00e9\\uD83D\\uDE00"', '"\\u2028\u2028"', '"\\u001f"', '"a\nb"', '"a\tb"', '"\\x41"', '"\\u12"',
  '"\\u12g4"', '"\\U0041"', '"', '"abc', '"\\', '"\\u', "'a'", '"\\a"', '"\u007f"', '"\\uFFFF\\ufffe"',
  // objects
  '{"a":1,"a":2}', '{"a":1,"b":2,"a":3}', '{"b":1,"a":2}', '{"2":1,"b":2,"1":3,"a":4}', '{"10":1,"9":2,"01":3,"-1":4}',
  '{"4294967294":1,"a":2,"4294967295":3,"0":4}', '{"b":0,"1":1,"1":2}', '{"A":1,"a":2}', '{"__proto__":{"x":1},"a":1}',
  '{"constructor":1,"toString":2}', '{"":1}', '{"\\u0061":1,"a":2}', '{"99999999999":1,"5":2}',
  // syntax errors
  "", " ", "{", "}", "[", "]", "[1,]", "[,1]", "[1 2]", '{"a"}', '{"a":}', '{"a":1,}', "{,}", "{a:1}", "{1:1}", '{"a":1 "b":2}', '{"a" 1}',
  "tru", "truex", "nul", "True", "undefined", "[1]]", "{}{}", "// c\n1", "/* */1", "[1]x", '{"a":1}}', "\u00a01", "\u000b1", "\ufeff1",
  "[".repeat(60) + "]".repeat(60),
];

const read = (text) => {
  try {
    return { text, written: JSON.stringify(JSON.parse(text)) };
  } catch {
    return { text, refused: true };
  }
};

const lines = (list) => list.map((x) => "    " + JSON.stringify(x)).join(",\n");
console.log(`{
  "numbers": [\n${lines(numbers.map((f) => [bits(f), JSON.stringify(f)]))}\n  ],
  "strings": [\n${lines(strings.map((s) => ({ units: units(s), written: units(JSON.stringify(s)) })))}\n  ],
  "dates": [\n${lines(dates.map((ms) => [ms, JSON.stringify(new Date(ms))]))}\n  ],
  "documents": [\n${lines(documents.map(read))}\n  ]
}`);
