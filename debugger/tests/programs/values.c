#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum color { RED, GREEN = 5, BLUE };

struct point {
  int x, y;
};

struct node {
  const char *name;
  struct point at;
  enum color color;
  unsigned flags : 3;
  int level : 5;
  union {
    float ratio;
    unsigned bits;
  } u;
  char letters[8];
  struct node *next;
};

static int counter = 3;
unsigned char bytes[4] = {1, 2, 250, 255};

int add(int a, int b) { return a + b; }

double scale(double by, float with) { return by * with; }

struct point mirrored(struct point point, int by) { return (struct point){point.y * by, point.x * by}; }

static int walk(struct node *node, int depth) {
  int sum = depth;
  int sums[3] = {0, 0, 0};
  for (struct node *at = node; at; at = at->next) {
    int sum = at->at.x;
    sums[depth % 3] += sum;
    counter += 1; /* inner */
  }
  for (int i = 0; i < 3; i++)
    sum += sums[i];
  return sum; /* outer */
}

int main(void) {
  struct node *last = calloc(1, sizeof *last);
  struct node first = {"first", {1, -2}, GREEN, 5, -3, {.ratio = 0.5f}, "abc", last};
  last->name = "last";
  last->at.x = 40;
  last->color = BLUE;
  int result = walk(&first, 1) + mirrored(first.at, 0).x;
  printf("%d %d %f\n", result, add(counter, (int)strlen(last->name)), scale(2.0, 1.5f));
  free(last);
  return 4 + bytes[result & 3] / 250;
}

__attribute__((used)) int matrix[3][5] = {{1, 2}, {3, 0, 4}};
