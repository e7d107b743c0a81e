// refused: ERROR TS2322
class Person {
  age: i32 = 0;
}

function first(people: Array<Person>): Person | null {
  return people.length ? people[0] : null;
}

export function age(people: Array<Person>): i32 {
  return first(people).age;
}
