from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name='Demonstration',
            fields=[
                ('id', models.BigIntegerField(default=1, primary_key=True, serialize=False)),
                ('made_at', models.DateTimeField()),
                ('seed', models.IntegerField()),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('id', 1)), name='demonstration_is_one')],
            },
        ),
    ]
