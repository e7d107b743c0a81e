struct pair { int a, b; };
struct point { double x, y; };
struct mixed { int n; float f; double d; };
struct named { int value; char name[20]; };
typedef int (*operation)(int, int);

__attribute__((noinline)) struct pair swap(struct pair p) { return (struct pair){p.b, p.a}; }
__attribute__((noinline)) struct point half(struct point p) { return (struct point){p.x / 2, p.y / 2}; }
__attribute__((noinline)) struct mixed mix(int n) { return (struct mixed){n, n + 0.5f, n + 0.25}; }
__attribute__((noinline)) struct named name(struct named n, signed char by) {
  n.value += by;
  n.name[0] = 'N';
  return n;
}
__attribute__((noinline)) int add(int a, int b) { return a + b; }
__attribute__((noinline)) int multiply(int a, int b) { return a * b; }
__attribute__((noinline)) int apply(operation o) { return o(3, 4); }

volatile operation chosen;
struct pair pair = {1, 2};
struct point point = {3, 5};
struct named named = {7, "name"};

int main(void) {
  chosen = multiply;
  pair = swap(pair);
  point = half(point);
  struct mixed mixed = mix(9);
  named = name(named, -2);
  return apply(chosen) + add(pair.a, mixed.n) + named.value;
}
