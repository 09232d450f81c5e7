// Where two JSON values differ, one line for each place.
const show = (v) => (v === undefined ? "nothing" : JSON.stringify(v).slice(0, 200));

export function differences(a, b, path = "") {
  if (Array.isArray(a) && Array.isArray(b)) {
    const length = Math.max(a.length, b.length);
    return Array.from({ length }, (_, i) => differences(a[i], b[i], `${path}[${i}]`)).flat();
  }
  const mapping = (v) => v && typeof v === "object" && !Array.isArray(v);
  if (mapping(a) && mapping(b)) {
    const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])];
    return keys.flatMap((k) => differences(a[k], b[k], path ? `${path}.${k}` : k));
  }
  return JSON.stringify(a) === JSON.stringify(b) ? [] : [`${path}: ${show(a)} became ${show(b)}`];
}
