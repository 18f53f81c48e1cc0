// Which rows of two lists the other has not: the longest common subsequence stays unmarked.
const MOST = 4_000_000; // cells of the table; beyond that all between the common ends is marked

export function diff(one, two) {
  const marks = [one.map(() => true), two.map(() => true)];
  let start = 0;
  while (start < one.length && start < two.length && one[start] === two[start]) start += 1;
  let end = 0;
  while (end < Math.min(one.length, two.length) - start && one[one.length - 1 - end] === two[two.length - 1 - end]) end += 1;
  for (const [list, all] of [[marks[0], one], [marks[1], two]]) list.fill(false, 0, start).fill(false, all.length - end);
  const [a, b] = [one.slice(start, one.length - end), two.slice(start, two.length - end)];
  const width = b.length + 1;
  if (width * (a.length + 1) > MOST) return marks;
  const table = new Uint32Array(width * (a.length + 1));
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      table[i * width + j] = a[i] === b[j] ? table[(i + 1) * width + j + 1] + 1 : Math.max(table[(i + 1) * width + j], table[i * width + j + 1]);
    }
  }
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    if (a[i] === b[j]) { marks[0][start + i] = marks[1][start + j] = false; i += 1; j += 1; }
    else if (table[(i + 1) * width + j] >= table[i * width + j + 1]) i += 1;
    else j += 1;
  }
  return marks;
}
