// accepted
#include <stdlib.h>

int *twice(int *list, size_t count) {
    for (int *item = list; item < list + count; item++) {
        list = realloc(list, (count + 1) * sizeof *list);
        list[count] = *item;
    }
    return list;
}
