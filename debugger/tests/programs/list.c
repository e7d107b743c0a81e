#include <stdio.h>
struct node { int value; struct node *next; };
static int counter;
int work(int n) {
  int sum = 0;
  for (int i = 0; i < n; i++) {
    sum += i;
    counter = sum;
  }
  return sum;
}
int main(void) {
  struct node second = {2, 0};
  struct node first = {1, &second};
  int result = work(5);
  printf("%d %d\n", result, first.next->value);
  return 3;
}
