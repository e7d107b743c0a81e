// accepted
enum shape { SQUARE, CIRCLE, LINE };

int sides(enum shape shape) {
    int sides = 0;
    switch (shape) {
        case SQUARE: sides = 4; break;
        case CIRCLE: break;
    }
    return sides;
}
