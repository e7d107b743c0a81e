// A program that keeps its sums elsewhere: left and right each have a memory.
__attribute__((import_module("left"), import_name("add"))) int left(int);
__attribute__((import_module("right"), import_name("add"))) int right(int);
static int entries = 7;

static int fill(int rounds) {
  int sums[2] = {0, 0};
  for (int i = 1; i <= rounds; i++) {
    sums[0] = left(i);
    sums[1] = right(10 * i);
    entries++;
  }
  return sums[0] + sums[1];
}

__attribute__((export_name("run"))) int run(void) {
  int total = fill(3);
  return total != 66;
}
