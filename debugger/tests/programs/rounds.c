// Loops whose first line is opened by a block, by a loop, or by both.
int main(void) {
  int index = 0;
  int sum = 0;
  while (index < 2) {
    sum += index++;
  }
  do {
    sum -= 2;
    index -= 1;
  } while (index > 0);
  return sum == -3;
}
