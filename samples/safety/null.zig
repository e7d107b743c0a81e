// refused: does not support field access
const Person = extern struct { age: u32 };

fn first(people: []const Person) ?*const Person {
    return if (people.len > 0) &people[0] else null;
}

export fn age(people: [*]const Person, count: usize) u32 {
    return first(people[0..count]).age;
}
