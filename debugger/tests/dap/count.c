#include <stdio.h>

struct point {
    int x, y;
    const char *name;
};

int hits[300];
volatile unsigned forever = 0;

static int depth(int level) {
    if (level == 0)
        return 1;
    return depth(level - 1) + 1;
}

int main(int argc, char **argv) {
    struct point here = {3, -4, "here"};
    for (int i = 0; i < 10; i++) {
        hits[i] += here.x * i;
    }
    printf("%s %d\n", here.name, depth(5));
    char line[16];
    if (fgets(line, sizeof line, stdin))
        printf("read %s", line);
    fflush(stdout);
    if (argc > 1)
        while (1)
            forever++;
    return hits[9] / (hits[1] - 3);
}
