// A function that calls no others: it keeps its variables below the stack
// pointer.
int leaf(int value) {
  volatile int mine[4] = {value, value + 1, value + 2, value + 3};
  int sum = 0;
  for (int i = 0; i < 4; i++)
    sum += mine[i];
  return sum;
}

void _start(void) { leaf(1); }
